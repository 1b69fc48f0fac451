"""`featx map`, and its map in a report."""

import json
from pathlib import Path


def test_it_maps_and_reports(extracted, run_featx):
    outcome = run_featx("map", "--neighbours", "5", "--layers", "1-2", "--json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["layers"] == ["1", "2", "average"]
    assert set(found["silhouettes"]) == {"label", "speaker"}
    assert found["files"][0] == "maps/manifest-tiny/map.html"
    assert run_featx("fit", "--head", "linear", "--folds", "3", "--name", "r").code == 0
    outcome = run_featx("report", "runs/r", "--map", "maps/manifest-tiny")
    assert outcome.code == 0, outcome.err
    page = Path("report.html").read_text()
    assert "Maps of features" in page
    assert "audio/sad-0-0.wav" in page
    assert "Silhouettes of features/manifest/tiny by layer" in Path("report.md").read_text()
    outcome = run_featx("report", "runs/r", "--map", "audio")
    assert "audio: no map of features; it has no map.json. Give a folder that" in outcome.err


def test_errors_name_options(extracted, run_featx):
    outcome = run_featx("map", "--column", "mood")
    assert outcome.code == 1
    assert "--neighbours 30: 36 utterances are too few" in outcome.err
    outcome = run_featx("map", "--column", "mood", "--neighbours", "5")
    assert "--column mood:" in outcome.err
    assert "has no such column. It has utterance, label, speaker" in outcome.err
