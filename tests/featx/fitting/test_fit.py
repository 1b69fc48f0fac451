"""Fitting on a choice of features: layers, several stores, memory, cores, standardising."""

import csv
import json
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import featx.fitting.fit
from cache import FeatureStore
from featx.fitting.data import fits_in_memory

QUICK = ("--folds", "3", "--set", "training.epochs=3", "--set", "training.learning_rate=0.01")
STORE = Path("features/manifest/tiny")


def predictions(name: str) -> list[dict[str, str]]:
    with Path("runs", name, "predictions.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def weights(name: str) -> list[dict[str, str]]:
    with Path("runs", name, "layer_weights.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.figures
@pytest.mark.parametrize("head", ["lstm", "linear", "svm"])
def test_every_head_makes_a_run(extracted, run_featx, head):
    options = QUICK if head == "lstm" else QUICK[:2]
    outcome = run_featx("fit", "--head", head, *options, "--name", head)
    assert outcome.code == 0, outcome.err
    assert f"{head} head on tiny" in outcome.out
    assert len(predictions(head)) == 2 * 36  # once in validation, once in test
    has_weights = head == "lstm"
    assert len(weights(head)) == 9 * has_weights
    for figure in ("layer_weights.png", "training.png"):
        assert Path("runs", head, "figures", figure).exists() == has_weights


def test_fusion_joins_stores(with_egemaps, run_featx):
    models = ("--model", "tiny", "--model", "egemaps")
    outcome = run_featx("fit", "--head", "fusion", *models, *QUICK, "--name", "both")
    assert outcome.code == 0, outcome.err
    assert "fusion head on tiny+egemaps" in outcome.out
    assert {row["features"] for row in weights("both")} == {"tiny", "egemaps"}
    given = json.loads(Path("runs/both/model.json").read_text())["inputs"]
    assert [one["layers"] for one in given] == [["0", "1", "2"], ["egemaps"]]
    assert [one["step"] for one in given] == [0.02, 0.02]


def test_stores_of_one_name_are_told_apart(with_egemaps, run_featx):
    run_featx("extract", "--model", "egemaps", "--out", "other/egemaps")
    stores = ("--features", "features/manifest/egemaps", "--features", "other/egemaps")
    outcome = run_featx("fit", "--head", "fusion", *stores, *QUICK, "--name", "two")
    assert outcome.code == 0, outcome.err
    assert {row["features"] for row in weights("two")} == set(stores[1::2])
    same = run_featx("fit", "--head", "fusion", *stores[:2], *stores[:2], *QUICK)
    assert "egemaps+egemaps is the same store twice" in same.err


def test_features_of_other_audio_are_not_taken_for_the_same(
    extracted, run_featx, checkpoint_folder
):
    run_featx("fit", *QUICK, "--name", "a")
    noise = np.random.default_rng(0)
    for path in Path("audio").iterdir():
        length = soundfile.info(path).frames
        soundfile.write(path, 0.1 * noise.standard_normal(length), 16_000)
    shutil.rmtree(STORE)
    run_featx("extract", "--model", checkpoint_folder)
    again = run_featx("fit", *QUICK, "--name", "a")
    assert again.code == 1
    assert "have changed since it was run" in again.err


def test_trimmed_features_can_be_fitted(write_corpus, run_featx):
    write_corpus(speakers=6)
    run_featx("extract", "--model", "egemaps", "--max-seconds", "0.31", "--too-long", "trim")
    outcome = run_featx("fit", *QUICK)
    assert outcome.code == 0, outcome.err


def test_ctrl_c_ends_heads_in_training(extracted, start_featx):
    endless = ("--set", "training.epochs=100000", "--set", "training.patience=100000")
    fit = start_featx("fit", *endless)
    log = Path("runs/manifest-tiny-dense/run.log")
    while not (log.exists() and "kept in memory" in log.read_text()) and fit.poll() is None:
        time.sleep(0.1)
    time.sleep(1)
    fit.send_signal(signal.SIGINT)
    _, told = fit.communicate(timeout=60)
    assert fit.returncode == 130
    assert "Interrupted with 0 of 5 heads trained" in told


@pytest.mark.parametrize(
    ("layers", "names"),
    [("local", ["0"]), ("contextual", ["2"]), ("0,2", ["0", "2"]), ("1-2", ["1", "2"])],
)
def test_layers_can_be_chosen(extracted, run_featx, layers, names):
    outcome = run_featx("fit", "--layers", layers, *QUICK, "--name", "some")
    assert outcome.code == 0, outcome.err
    assert sorted({row["layer"] for row in weights("some")}) == names


def test_reading_from_disk_gives_the_same_as_memory(extracted, run_featx):
    run_featx("fit", *QUICK, "--name", "kept")
    outcome = run_featx("fit", *QUICK, "--memory", "0", "--name", "streamed")
    assert outcome.code == 0, outcome.err
    assert "read from the disk as needed" in Path("runs/streamed/run.log").read_text()
    assert "kept in memory" in Path("runs/kept/run.log").read_text()
    assert predictions("streamed") == predictions("kept")


@pytest.mark.parametrize("normalize", ["speaker", "global"])
def test_the_number_of_cores_changes_nothing(extracted, run_featx, monkeypatch, normalize):
    options = ("--seeds", "2", "--normalize", normalize, *QUICK)
    for cores in (1, 4):
        monkeypatch.setattr(torch, "get_num_threads", lambda cores=cores: cores)
        assert run_featx("fit", *options, "--name", f"on{cores}").code == 0
    assert predictions("on1") == predictions("on4")
    told = "Normalised by speaker" in run_featx("fit", *options, "--name", "on1").out
    assert told == (normalize == "speaker")


def test_only_the_beginning_can_be_used(extracted, run_featx):
    run_featx("fit", *QUICK, "--name", "all")
    run_featx("fit", *QUICK, "--seconds", "0.1", "--name", "begin")
    assert predictions("all") != predictions("begin")


def test_statistics_are_kept_beside_the_store_and_used_again(extracted, run_featx, monkeypatch):
    run_featx("fit", *QUICK, "--name", "a")
    (kept,) = (STORE / "statistics").glob("*.npz")
    with monkeypatch.context() as patch:
        patch.setattr("featx.fitting.selection.measure", lambda *_: pytest.fail("measured again"))
        assert run_featx("fit", *QUICK, "--seeds", "2", "--name", "b").code == 0
    whole = kept.read_bytes()
    for number, damaged in enumerate((b"damaged", b"", whole[:300])):
        kept.write_bytes(damaged)
        assert run_featx("fit", *QUICK, "--name", f"c{number}").code == 0
        assert predictions("a") == predictions(f"c{number}")


def test_a_store_that_can_not_be_written_to_is_fitted_all_the_same(
    extracted, run_featx, monkeypatch
):
    def refuse(*_):
        raise PermissionError(13, "read-only")

    monkeypatch.setattr("featx.fitting.standardise.write_bytes", refuse)
    assert run_featx("fit", *QUICK).code == 0


def test_a_protocol_says_what_it_leaves_out(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=4)
    run_featx("extract", "--model", checkpoint_folder)
    Path("two.toml").write_text(
        'title = "two"\nmerge = { angry = "happy" }\nlabels = ["happy", "sad"]\n'
        '[division]\nkind = "leave-one-out"\nby = "speaker"\n'
    )
    outcome = run_featx("fit", "--protocol", "two.toml", *QUICK[2:])
    assert outcome.code == 0, outcome.err
    assert "Note: merged 8 angry utterances into happy." in outcome.out
    name = "manifest-tiny-dense-two"
    assert {row["label"] for row in predictions(name)} == {"happy", "sad"}
    again = run_featx("fit", "--config", f"runs/{name}/config.toml", "--name", "again")
    assert again.code == 0, again.err
    assert predictions("again") == predictions(name)
    both = run_featx("fit", "--protocol", "two.toml", "--folds", "3")
    assert "--folds can't be given with --protocol" in both.err


def test_memory_is_kept_to(extracted, run_featx, monkeypatch):
    seen = []
    monkeypatch.setattr(
        featx.fitting.fit,
        "fits_in_memory",
        lambda *given: seen.append(given) or fits_in_memory(*given),
    )
    run_featx("fit", *QUICK, "--memory", "1")
    ((data, limit),) = seen
    assert limit == 1e9
    store = FeatureStore(STORE)
    assert data.nbytes() == sum(store.read(name).nbytes for name in store.utterances)
    assert fits_in_memory(data, data.nbytes())
    assert not fits_in_memory(data, data.nbytes() - 1)


def test_memory_that_was_released_is_read_again(extracted):
    store = FeatureStore(STORE)
    for name in store.utterances[:3]:
        before = store.read(name).copy()
        store.expect(name, [0, 1, 2])
        store.release(name, [0, 1, 2])
        np.testing.assert_array_equal(store.read(name), before)
