"""`featx layers` on the command line."""

import json
from pathlib import Path

import pytest

import featx


def test_the_table_and_its_files_are_named(extracted, run_featx):
    run = featx.fit(folds=3, settings="training.epochs=2").folder
    outcome = run_featx("layers", run, "--out", "out", "--dashed", "tiny")
    assert outcome.code == 0, outcome.err
    assert "0 (local encoder)" in outcome.out
    assert outcome.out.endswith("Written: out/layers.csv, out/layers.png, out/layers.pdf\n")
    assert Path("out/layers.csv").is_file()
    told = json.loads(run_featx("layers", run, "--json").out)
    assert [row["layer"] for row in told["layers"]] == ["0", "1", "2"]
    assert sum(row["weight"] for row in told["layers"]) == pytest.approx(1, abs=1e-3)
    told = json.loads(run_featx("probe", "--folds", 3, "--json").out)
    assert list(told["layers"]) == ["0", "1", "2"]
    assert Path(told["folder"]).is_dir()
    outcome = run_featx("layers", run, "--dashed", "other")
    assert outcome.code == 1
    assert outcome.err.startswith("error: --dashed other: ")


def test_a_cure_is_a_command(extracted, run_featx):
    single = featx.fit(layers="2", folds=3, settings="training.epochs=2").folder
    outcome = run_featx("layers", single)
    assert outcome.code == 1
    assert outcome.err.endswith(": featx fit --model wav2vec2-base\n")
