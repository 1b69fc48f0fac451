"""Final heads: trained on everybody as cross-validation chose, and no score is changed by them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import featx
import featx.fitting.training.final
import featx.fitting.training.train
from cache import FeatureStore
from classifiers.history import Epoch
from featx.errors import FeatxError, Interrupted
from featx.fitting.config import FitConfig, head_config
from featx.fitting.training.chosen import best_strength, choose

RUN = Path("runs/manifest-tiny-dense")
STORE = Path("features/manifest/tiny")
SCORED = ("predictions.csv", "layer_weights.csv", "layer_scales.csv")


@pytest.fixture
def trainings(monkeypatch):
    """Note what each final head is trained on."""
    seen = []
    original = featx.fitting.training.final.train_on_all

    def spy(design, training, chosen, seed, worker):
        seen.append((training, chosen, seed))
        return original(design, training, chosen, seed, worker)

    monkeypatch.setattr(featx.fitting.training.final, "train_on_all", spy)
    return seen


def members(run: featx.Run) -> list[dict]:
    return json.loads((run.folder / "model.json").read_text())["members"]


def final_members(run: featx.Run) -> list[dict]:
    return [entry for entry in members(run) if entry["fold"] is None]


def scores(run: featx.Run) -> dict:
    found = json.loads((run.folder / "metrics.json").read_text())
    del found["remarks"]
    return found


def history(*recalls: float) -> list[Epoch]:
    """Return epochs, or strengths, of these recalls, whose loss falls as recall rises."""
    return [Epoch(n, 1.0, 1 - recall, recall, 0.1) for n, recall in enumerate(recalls, 1)]


def peak(epoch: int) -> list[Epoch]:
    """Return a history whose best epoch is this one."""
    return history(*(0.1 * n for n in range(epoch)), 0.0)


def config_of(seeds: int, *changes: str) -> FitConfig:
    data = {
        "manifest": "manifest.csv",
        "features": ["features/manifest/tiny"],
        "normalize": "global",
        "seeds": seeds,
        "skip_missing": False,
        "protocol": {"title": "three", "division": {"kind": "speaker-folds", "count": 3}},
    }
    return head_config("dense", data, changes)


def test_epochs_are_the_rounded_median_of_the_folds_of_a_seed():
    config = config_of(2)
    best = {0: (9, 2, 4), 1: (2, 3, 8, 3)}
    histories = {(s, f): peak(n) for s, folds in best.items() for f, n in enumerate(folds)}
    assert choose(config, histories) == {0: 4, 1: 3}
    halves = {(s, f): peak(n) for s in (0, 1) for f, n in enumerate((2, 3) if s else (3, 4))}
    assert choose(config, halves) == {0: 4, 1: 3}  # halves go up, 2.5 too


def test_epochs_are_the_best_by_what_training_monitors():
    rows = [Epoch(1, 1.0, 0.1, 0.5, 0.1), Epoch(2, 1.0, 0.9, 0.7, 0.1)]
    histories = {(0, fold): rows for fold in range(3)}
    assert choose(config_of(1), histories) == {0: 1}
    assert choose(config_of(1, "training.monitor=score"), histories) == {0: 2}


def test_the_strength_is_the_best_on_average_and_the_stronger_of_equal_ones():
    strengths = (1.0, 0.1, 0.01)
    one_each = {(0, 0): history(0.9, 0.2, 0.2), (0, 1): history(0.1, 0.7, 0.7)}
    assert best_strength(strengths, one_each) == 1
    tie = {(0, 0): history(0.1, 0.2, 0.3), (1, 0): history(0.1, 0.3, 0.2)}
    assert best_strength(strengths, tie) == 3


@pytest.mark.parametrize("head", ["dense", "linear", "svm"])
def test_final_heads_hear_everybody_and_leave_the_scores(extracted, fit_quickly, trainings, head):
    options = {} if head == "dense" else {"settings": ()}
    plain = fit_quickly(head, name="plain", seeds=2, **options)
    assert not trainings
    run = fit_quickly(head, name="whole", seeds=2, final=True, **options)
    for name in SCORED:
        if (plain.folder / name).exists():
            assert (run.folder / name).read_bytes() == (plain.folder / name).read_bytes()
    assert scores(run) == scores(plain)
    assert members(run)[: len(members(plain))] == members(plain)
    before, after = (load_file(r.folder / "heads.safetensors") for r in (plain, run))
    assert all(torch.equal(after[name], value) for name, value in before.items())

    corpus = featx.load_manifest("manifest.csv")
    labels = {u.utterance: u.label for u in corpus.utterances}
    for training, _, _ in trainings:
        assert len(training) == len(labels)
        given = [run.results.classes[label] for label in training.targets]
        assert given == [labels[name] for name in sorted(labels)]
    expected = [{"seed": seed, "fold": None, "best_epoch": n} for _, n, seed in trainings]
    found = [{k: v for k, v in entry.items() if k != "prefix"} for entry in final_members(run)]
    assert found == sorted(expected, key=lambda entry: entry["seed"])


def test_epochs_are_those_that_the_run_says(extracted, fit_quickly, trainings):
    run = fit_quickly(final=True, settings=("training.epochs=9", "training.learning_rate=0.05"))
    best = [entry["best_epoch"] for entry in members(run) if entry["fold"] is not None]
    ((_, epochs, _),) = trainings
    assert epochs == int(np.median(best))
    remark = run.results.remarks[-1]
    shown = f"{epochs} epoch{'' if epochs == 1 else 's'}"
    assert remark == (
        f"Final model: trained on all 36 utterances of 6 speakers, {shown}; "
        "its score is the cross-validated one."
    )
    assert remark in " ".join(run.results.to_text().split())


def test_global_statistics_are_those_of_all_utterances(extracted, fit_quickly):
    run = fit_quickly(final=True)
    store = FeatureStore(STORE)
    frames = np.concatenate([store.read(name) for name in store.utterances], 1).astype(float)
    weights = load_file(run.folder / "heads.safetensors")
    prefix = final_members(run)[0]["prefix"]
    mean, deviation = (weights[f"{prefix}statistics.0.{n}"] for n in ("mean", "deviation"))
    np.testing.assert_allclose(mean.squeeze(), frames.mean(1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(deviation.squeeze(), frames.std(1), rtol=1e-5)


def test_each_speaker_is_standardised_by_all_of_his_utterances(extracted, fit_quickly, trainings):
    fit_quickly(final=True, normalize="speaker")
    ((training, _, _),) = trainings
    (branch,) = training.branches
    assert len(branch.statistics.mean) == 6
    assert np.bincount(branch.groups).tolist() == [6] * 6


def test_a_run_without_final_heads_says_nothing_of_them(extracted, fit_quickly):
    run = fit_quickly()
    assert "final" not in (run.folder / "config.toml").read_text()
    assert "inal" not in run.results.to_text()
    assert not final_members(run)


def test_the_temperature_is_the_geometric_mean_of_the_folds(extracted, fit_quickly):
    run = fit_quickly(final=True, seeds=2)
    entries = json.loads((run.folder / "calibration.json").read_text())["temperatures"]
    for seed in (0, 1):
        own = [e["temperature"] for e in entries if (e["seed"], e["fold"] is None) == (seed, False)]
        (final,) = (e["temperature"] for e in entries if (e["seed"], e["fold"]) == (seed, None))
        assert final == pytest.approx(np.exp(np.log(own).mean()))


def test_a_fixed_division_of_one_fold_works(extracted, fit_quickly, relabel, trainings):
    parts = {"s4": "validation", "s5": "test"}
    relabel(lambda row: {**row, "split": parts.get(row["speaker"], "train")})
    run = fit_quickly(final=True)
    assert len(trainings[0][0]) == 36
    assert run.results.remarks[-1].endswith(
        "its score is that of the head before, on its test set."
    )


def test_a_stopped_run_goes_on_with_the_final_heads_not_yet_trained(
    extracted, fit_quickly, monkeypatch
):
    whole = fit_quickly(final=True, seeds=2, name="whole")
    train, calls = featx.fitting.training.final.train_on_all, []

    def stop_at_second(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return train(*arguments)

    monkeypatch.setattr(featx.fitting.training.final, "train_on_all", stop_at_second)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    with pytest.raises(Interrupted, match="1 of 2 final heads"):
        fit_quickly(final=True, seeds=2)
    assert not (RUN / "metrics.json").exists()
    again = pytest.MonkeyPatch()
    again.setattr(
        featx.fitting.training.train, "train_head", lambda *_: pytest.fail("trained again")
    )
    run = fit_quickly(final=True, seeds=2)
    again.undo()
    assert len(calls) == 3
    assert not (RUN / "members").exists()
    for name in ("predictions.csv", "heads.safetensors", "model.json", "calibration.json"):
        assert (run.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_a_finished_run_gets_only_its_final_heads_also_after_a_kill(
    extracted, fit_quickly, monkeypatch
):
    whole = fit_quickly(final=True, name="whole")
    plain = fit_quickly()
    figures = {path: path.stat().st_mtime_ns for path in RUN.glob("figures/*")}
    monkeypatch.setattr(
        featx.fitting.training.train, "train_head", lambda *_: pytest.fail("trained again")
    )
    with monkeypatch.context() as patch:
        patch.setattr("featx.fitting.heads.final_files.add_temperatures", _kill)
        with pytest.raises(OSError, match="killed"):
            fit_quickly(final=True)
    assert fit_quickly().results.to_text() == plain.results.to_text()  # what it was
    run = featx.fit(config=RUN, final=True)
    assert run.folder == RUN
    assert run.config == whole.config
    names = ("heads.safetensors", "model.json", "calibration.json", "metrics.json", "config.toml")
    for name in ("predictions.csv", *names):
        assert (run.folder / name).read_bytes() == (whole.folder / name).read_bytes()
    assert {path: path.stat().st_mtime_ns for path in RUN.glob("figures/*")} == figures
    assert "final head" in (RUN / "run.log").read_text()
    stamp = (RUN / "model.json").stat().st_mtime_ns
    assert fit_quickly(final=True).results.remarks == run.results.remarks
    assert (RUN / "model.json").stat().st_mtime_ns == stamp
    with pytest.raises(FeatxError, match="final: True there, now nothing"):
        fit_quickly()


def test_no_final_head_is_described_before_its_temperature_is_there(
    extracted, fit_quickly, monkeypatch
):
    fit_quickly()
    monkeypatch.setattr("featx.fitting.heads.final_files.write_bytes", _kill)
    with pytest.raises(OSError, match="killed"):
        fit_quickly(final=True)
    entries = json.loads((RUN / "calibration.json").read_text())["temperatures"]
    assert [entry["seed"] for entry in entries if entry["fold"] is None] == [0]


def _kill(*_):
    raise OSError("killed")


def test_final_heads_are_not_added_to_a_run_of_other_data(extracted, fit_quickly, relabel):
    fit_quickly()
    relabel(lambda row: {**row, "label": row["label"].replace("sad", "calm")})
    with pytest.raises(FeatxError, match="have changed since"):
        fit_quickly(final=True)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("history.csv", "seed,fold,epoch,train_loss,validation_loss,validation_score,seconds\n"
         "0,0,1,x,1,1,1\n"),
        ("history.csv", "seed,fold,epoch,train_loss,validation_loss,validation_score,seconds\n"
         "0,0,1,1,1,1,1\n"),
        ("model.json", '{"members": [1]}'),
        ("heads.safetensors", "x"),
        ("calibration.json", '{"temperatures": [{"seed": 0, "fold": 0, "temperature": "x"}]}'),
    ],
)  # fmt: skip
def test_damaged_files_of_a_run_are_named(extracted, fit_quickly, name, damage):
    fit_quickly()
    (RUN / name).write_text(damage)
    with pytest.raises(FeatxError, match=f"{name}: damaged"):
        fit_quickly(final=True)
