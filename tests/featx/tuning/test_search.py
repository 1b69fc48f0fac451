"""A search is the same however often it is stopped, and its run is an ordinary run."""

import html
import json
import sys
import tomllib
from pathlib import Path

import pytest

import featx
import featx.tuning.search
from featx.errors import Interrupted
from featx.runs.files import FOUND, IMPORTANCE, TUNING


@pytest.fixture
def stop_after(monkeypatch):
    """Have Ctrl-C pressed once so many trials are kept."""
    keep = featx.tuning.search.write_trials

    def stop(count: int) -> None:
        kept = 0

        def stopping(*arguments) -> None:
            nonlocal kept
            keep(*arguments)
            kept += 1
            if kept == count:
                raise KeyboardInterrupt

        monkeypatch.setattr(featx.tuning.search, "write_trials", stopping)

    return stop


def test_a_stopped_search_goes_on_as_if_it_had_not_been(noise, search, tried, stop_after):
    noise()
    whole = search("linear", name="whole", trials=11)  # past the draws with which Optuna begins
    for count in (5, 9):
        stop_after(count)
        with pytest.raises(Interrupted, match=r"of 44 trials done\. Start the same search again"):
            search("linear", name="stopped", trials=11)
    stop_after(-1)
    again = search("linear", name="stopped", trials=11)
    for name in ("trials.csv", TUNING, "predictions.csv"):
        assert tried(again, name) == tried(whole, name)
    written = (whole.folder / "metrics.json").stat().st_mtime_ns
    assert search("linear", name="whole", trials=11).to_json() == whole.to_json()
    assert (whole.folder / "metrics.json").stat().st_mtime_ns == written
    other = search("linear", name="other", trials=3, seed=1)
    assert tried(other)[0] != tried(whole)[0]


def test_a_damaged_file_of_trials_is_made_again(noise, search, tried, stop_after):
    noise()
    whole = search("linear", name="whole", trials=2)
    stop_after(3)
    with pytest.raises(Interrupted):
        search("linear", name="stopped", trials=2)
    path = Path("runs/stopped/members/search0.json")
    path.write_bytes(path.read_bytes()[:50])
    stop_after(-1)
    assert tried(search("linear", name="stopped", trials=2)) == tried(whole)
    assert not path.exists()


def test_the_run_says_what_was_chosen(noise, search, tried):
    noise()
    run = search(trials=4, seeds=2)
    assert run.folder.name == "tune-manifest-noise0-dense"
    chosen, trials = tried(run, TUNING), tried(run)
    assert [row["fold"] for row in chosen] == ["0", "1", "2", "all"]
    for row in chosen:
        own = [t for t in trials if t["fold"] == row["fold"]]
        complete = [t for t in own if t["state"] == "complete"]
        best = max(complete, key=lambda t: float(t["validation_score"]))
        assert own[int(row["trial"]) - 1]["validation_score"] == best["validation_score"]
        assert all(row[key] == own[int(row["trial"]) - 1][key] for key in list(row)[3:])
    assert run.results.title.startswith("tuned dense head")
    assert any("Test utterances chose nothing" in r for r in run.results.remarks)
    assert run.cost.models == 6 + sum(int(row["inner_folds"]) for row in trials)
    text = (run.folder / "report.txt").read_text()
    assert "validation score" in text
    assert "head.width" in text


def test_a_report_shows_what_was_chosen_and_tried(noise, search, tried):
    noise()
    run = search("linear", trials=2)
    with (run.folder / IMPORTANCE).open("w") as file:  # two trials are too few to tell
        file.write("fold,setting,importance\n")
        for fold, share in (("0", 0.5), ("all", 0.75)):
            file.write(f"{fold},head.strengths,{share}\n{fold},head.pooling,{1 - share}\n")
    featx.report(run)
    text = Path("report.md").read_text()
    assert "| head.strengths | 62 | 50 to 75 |" in text
    for row in tried(run, TUNING):
        score = f"{100 * float(row['validation_score']):.1f}"
        assert f"| {row['fold']} | {row['trial']} | {score} | " in text
    page = Path("report.html").read_text()
    assert "best validation UAR so far, by trial" in page
    assert "A chosen trial's validation score is the best of many" in html.unescape(page)
    (run.folder / "trials.csv").write_text("fold,trial\n")
    with pytest.raises(featx.FeatxError, match=r"trials\.csv"):
        featx.report(run)


def test_each_fold_is_tested_with_its_own_settings(noise, search, tried):
    noise()
    run = search(trials=2)
    whole = [row for row in tried(run, "predictions.csv") if row["split"] == "test"]
    for row in tried(run, TUNING)[:3]:
        settings = ["training.patience=3", *(f"{key}={row[key]}" for key in list(row)[3:])]
        alone = featx.fit("dense", features="noise0", folds=3, settings=settings, overwrite=True)
        own = [r for r in tried(alone, "predictions.csv") if r["split"] == "test"]
        assert [r for r in own if r["fold"] == row["fold"]] == [
            r for r in whole if r["fold"] == row["fold"]
        ]


def test_a_fit_goes_on_with_what_was_found(noise, search, tried):
    noise()
    run = search(trials=2)
    found = tomllib.loads((run.folder / FOUND).read_text())
    last = tried(run, TUNING)[-1]
    assert found["head"]["width"] == int(last["head.width"])
    fitted = featx.fit(config=run.folder / FOUND, final=True)
    assert fitted.folder.name == "manifest-noise0-dense-tuned"
    assert any("SETTINGS SEARCHED ON THE SAME" in r for r in fitted.results.remarks)
    with pytest.raises(featx.FeatxError, match=r"a search, which keeps no model.*featx\.fit"):
        featx.load(run)
    compared = featx.compare([run, fitted])
    assert {system.name for system in compared.systems} == {run.folder.name, fitted.folder.name}
    assert featx.vote([run, fitted], name="both").results
    again = featx.tune(config=run, name="again")
    assert tried(again) == tried(run)


@pytest.mark.thorough
@pytest.mark.parametrize("speaker_dependent", [False, True])
def test_numbers_are_searched_too(noise, search, tried, speaker_dependent):
    noise()
    options = {"target": "level", "speaker_dependent": speaker_dependent}
    run = search("linear", trials=2, **options)
    assert "ccc" in run.to_json()
    assert len(tried(run, TUNING)) == 4


def test_what_is_finished_needs_no_optuna(noise, search, monkeypatch):
    noise()
    run = search("linear", trials=1)
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert search("linear", trials=1).to_json() == run.to_json()
    with pytest.raises(featx.FeatxError, match=r"pip install 'featx\[tune\]'"):
        search("linear", trials=1, name="new")
    assert not Path("runs/new").exists()


def test_settings_are_tried_once(noise, search, tried):
    noise()
    Path("space.toml").write_text("[training]\nepochs = {choices = [1, 2]}")
    run = search(trials=8)
    settings = json.dumps([[r["fold"], r["training.epochs"]] for r in tried(run)])
    assert len(json.loads(settings)) == 32
    assert run.cost.models <= 3 + 4 * 2 * 3


@pytest.mark.thorough
def test_settings_that_diverge_are_not_chosen(noise, search, tried):
    noise()
    Path("space.toml").write_text("[training]\nlearning_rate = {choices = [1e-2, 1e36]}")
    run = search(trials=5)
    rows = tried(run)
    assert "diverged" in {row["state"] for row in rows}
    assert {row["training.learning_rate"] for row in tried(run, TUNING)} == {"0.01"}
    Path("space.toml").write_text("[training]\nlearning_rate = {choices = [1e36, 1e37]}")
    for _ in range(2):  # and again, with all trials known
        with pytest.raises(featx.FeatxError, match=r"fold 0: .* Search lower learning rates"):
            search(trials=2, name="endless")
