"""`featx reproduce` prints its tables, and tells problems in options."""

import json
from pathlib import Path

import pytest

from featx.demo.corpus import write_corpus


def test_a_wrong_folder_variant_or_paper_is_named(workplace, run_featx):
    outcome = run_featx("reproduce", "pepino2021", "--data", "nowhere")
    assert outcome.code == 1
    assert "--data nowhere" in outcome.err
    outcome = run_featx("reproduce", "pepino2021", "--data", ".", "--variant", "txt")
    assert "--variant txt" in outcome.err
    assert run_featx("reproduce", "pepino", "--data", ".").code == 1


@pytest.mark.thorough
def test_what_is_missing_is_printed_and_written(workplace, run_featx):
    write_corpus(workplace / "RAVDESS", speakers=24)
    outcome = run_featx("reproduce", "gavali202x", "--data", "RAVDESS", "--row", "xlsr-53")
    assert outcome.code == 0, outcome.err
    assert "hf download facebook/wav2vec2-large-xlsr-53" in outcome.out
    assert "Written: reproduced/gavali202x.md" in outcome.out
    rows = json.loads(Path("reproduced/gavali202x.json").read_text())["rows"]
    assert {row["system"] for row in rows} == {"XLSR-53"}
    told = run_featx("reproduce", "gavali202x", "--data", "RAVDESS", "--row", "xlsr-53", "--json")
    assert json.loads(told.out)["rows"] == rows
    assert {tuple(row["missing"]) for row in rows} == {("xlsr53",)}
