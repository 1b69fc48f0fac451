"""From stored features to a run folder that repeats, resumes and does not mix."""

import csv
import json
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from safetensors import safe_open
from sklearn.metrics import balanced_accuracy_score

import featx.fitting.fit
from cache import FeatureStore
from classifiers.batch import Branch, Examples, InMemory
from classifiers.cores import Crew
from classifiers.heads import HeadSettings, build_head
from classifiers.shape import InputShape
from classifiers.statistics import Statistics
from classifiers.training import predict

RUN = Path("runs/manifest-tiny-dense")
QUICK = ("--set", "training.epochs=3", "--set", "training.learning_rate=0.01")


def rows(name: str, folder: Path = RUN) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def relabel(change) -> None:
    """Rewrite manifest.csv with `change` applied to each row."""
    with Path("manifest.csv").open(newline="") as file:
        table = [change(row) for row in csv.DictReader(file)]
    with Path("manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)


@pytest.mark.figures
def test_a_run_leaves_everything_and_it_agrees(extracted, run_featx):
    outcome = run_featx("fit", "--head", "dense", "--seeds", "2", "--folds", "3", *QUICK)
    assert outcome.code == 0, outcome.err
    assert {path.name for path in RUN.iterdir()} == {
        "config.toml", "cost.json", "environment.json", "figures", "history.csv",
        "layer_scales.csv", "layer_weights.csv", "metrics.json", "model.json", "model.safetensors",
        "predictions.csv", "run.log",
    }  # fmt: skip
    figures = {path.name for path in (RUN / "figures").iterdir()}
    drawn = ("confusion", "confusion_counts", "layer_weights", "training")
    assert figures == {f"{name}.{ending}" for name in drawn for ending in ("pdf", "png")}

    predictions = rows("predictions.csv")
    assert list(predictions[0])[:7] == [
        "utterance", "speaker", "fold", "seed", "split", "label", "prediction",
    ]  # fmt: skip
    tested = [row for row in predictions if row["split"] == "test"]
    assert len(tested) == 2 * 36
    for seed in "01":
        assert len({row["utterance"] for row in tested if row["seed"] == seed}) == 36
    for row in predictions:
        shares = {label: float(row[f"p_{label}"]) for label in ("happy", "sad", "angry")}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert row["prediction"] == max(shares, key=shares.get)

    metrics = json.loads((RUN / "metrics.json").read_text())
    per_seed = []
    for seed in "01":
        rows_of_seed = [row for row in tested if row["seed"] == seed]
        labels = [row["label"] for row in rows_of_seed]
        guesses = [row["prediction"] for row in rows_of_seed]
        per_seed.append(100 * balanced_accuracy_score(labels, guesses))
    assert metrics["uar"]["mean"] == pytest.approx(np.mean(per_seed))
    assert metrics["uar"]["std"] == pytest.approx(np.std(per_seed, ddof=1))
    assert np.sum(metrics["confusion"]) == 72
    assert f"{metrics['uar']['mean']:.1f}" in outcome.out

    weights = [float(row["weight"]) for row in rows("layer_weights.csv")]
    assert np.sum(weights) == pytest.approx(6)
    assert len(rows("history.csv")) == 2 * 3 * 3


def test_the_saved_model_gives_the_saved_predictions(extracted, run_featx):
    run_featx("fit", "--folds", "3", *QUICK)
    description = json.loads((RUN / "model.json").read_text())
    (given,) = description["inputs"]
    assert given["layers"] == ["0", "1", "2"]
    member = description["members"][1]
    with safe_open(RUN / "model.safetensors", "pt") as file:
        names = [name for name in file.keys() if name.startswith(member["prefix"])]  # noqa: SIM118
        weights = {n.removeprefix(member["prefix"]): file.get_tensor(n) for n in names}
    mean, deviation = (weights.pop(f"statistics.0.{name}")[None] for name in ("mean", "deviation"))
    shape = InputShape(len(given["layers"]), given["dim"], given["step"])
    settings = TypeAdapter(HeadSettings).validate_python(description["head"])
    head = build_head(settings, [shape], 3)
    head.load_state_dict(weights)
    saved = [
        row for row in rows("predictions.csv") if row["fold"] == "1" and row["split"] == "test"
    ]
    store = FeatureStore(Path("features/manifest/tiny"))
    features = [torch.from_numpy(store.read(row["utterance"])) for row in saved]
    branch = Branch(InMemory(features), Statistics(mean, deviation))
    with Crew(1) as cores:
        examples = Examples([branch], np.zeros(len(saved), int))
        probabilities = predict(head, examples, cores).numpy()
    expected = [[float(row[f"p_{label}"]) for label in description["classes"]] for row in saved]
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)


def test_its_config_repeats_a_run(extracted, run_featx):
    run_featx("fit", "--folds", "3", *QUICK)
    repeated = run_featx("fit", "--config", RUN / "config.toml", "--name", "again")
    assert repeated.code == 0
    for name in ("predictions.csv", "layer_weights.csv", "config.toml"):
        assert (RUN / name).read_bytes() == Path("runs/again", name).read_bytes()


def test_the_order_of_the_manifest_does_not_matter(extracted, run_featx):
    run_featx("fit", "--folds", "3", *QUICK)
    lines = Path("manifest.csv").read_text().splitlines()
    Path("manifest.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]))
    run_featx("fit", "--folds", "3", *QUICK, "--name", "reordered")
    assert rows("predictions.csv") == rows("predictions.csv", Path("runs/reordered"))


def test_a_stopped_run_goes_on_with_the_heads_not_yet_trained(extracted, run_featx, monkeypatch):
    run_featx("fit", "--folds", "3", *QUICK, "--name", "whole")
    original, calls = featx.fitting.fit.train_head, []

    def stop_at_third(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(featx.fitting.fit, "train_head", stop_at_third)
    damaged = RUN / "members" / "seed0-fold0.safetensors"
    outcome = run_featx("fit", "--folds", "3", *QUICK)
    assert outcome.code == 130
    assert "Interrupted with 2 of 3 heads trained" in outcome.err
    assert not (RUN / "metrics.json").exists()
    damaged.write_bytes(damaged.read_bytes()[:50])  # one of the two is trained again
    assert run_featx("fit", "--folds", "3", *QUICK).code == 0
    assert len(calls) == 5
    whole = Path("runs/whole/predictions.csv").read_bytes()
    assert (RUN / "predictions.csv").read_bytes() == whole


def test_a_finished_run_is_not_trained_again(extracted, run_featx, monkeypatch):
    first = run_featx("fit", "--folds", "3", *QUICK)
    monkeypatch.setattr(featx.fitting.fit, "train_head", lambda *_: pytest.fail("trained again"))
    assert run_featx("fit", "--folds", "3", *QUICK).out == first.out


def test_another_config_does_not_overwrite_a_run(extracted, run_featx):
    run_featx("fit", "--folds", "3", *QUICK)
    outcome = run_featx("fit", "--folds", "3", "--seeds", "2", *QUICK)
    assert outcome.code == 1
    assert "seeds: 1 there, now 2" in outcome.err
    assert run_featx("fit", "--folds", "3", "--seeds", "2", *QUICK, "--overwrite").code == 0
    assert tomllib.loads((RUN / "config.toml").read_text())["seeds"] == 2


def test_changed_labels_do_not_reuse_a_finished_run(extracted, run_featx):
    run_featx("fit", "--folds", "3", *QUICK)
    relabel(lambda row: {**row, "label": row["label"].replace("sad", "calm")})
    outcome = run_featx("fit", "--folds", "3", *QUICK)
    assert outcome.code == 1
    assert "have changed since" in outcome.err
    assert "calm" in run_featx("fit", "--folds", "3", *QUICK, "--overwrite").out


def test_features_of_other_audio_are_refused(extracted, run_featx):
    relabel(lambda row: {**row, "start": "0.1", "end": "0.2"})
    outcome = run_featx("fit", "--folds", "3", *QUICK)
    assert outcome.code == 1
    assert "were made from 4800 samples, the manifest now gives 1600" in outcome.err


def test_overwriting_keeps_the_old_run_until_the_new_one_is_finished(extracted, run_featx):
    run_featx("fit", "--folds", "3", *QUICK)
    before = (RUN / "predictions.csv").read_bytes()
    wild = ("--set", "training.learning_rate=1e30")
    assert run_featx("fit", "--folds", "3", *wild, "--overwrite").code == 1
    assert (RUN / "predictions.csv").read_bytes() == before
    assert run_featx("fit", "--folds", "3", "--seeds", "2", *QUICK, "--overwrite").code == 0
    assert (RUN / "predictions.csv").read_bytes() != before
    assert [path.name for path in Path("runs").iterdir()] == [RUN.name]


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../other", "/tmp/elsewhere"])
def test_a_run_can_not_be_put_elsewhere(extracted, run_featx, name):
    outcome = run_featx("fit", *QUICK, "--name", name, "--overwrite")
    assert outcome.code == 1
    assert "must be a plain name" in outcome.err


def test_a_folder_that_is_no_run_is_left_alone(extracted, run_featx):
    Path("runs/mine").mkdir(parents=True)
    Path("runs/mine/thesis.tex").write_text("all of it")
    outcome = run_featx("fit", *QUICK, "--name", "mine", "--overwrite")
    assert outcome.code == 1
    assert "not a run folder" in outcome.err
    assert Path("runs/mine/thesis.tex").exists()


def test_odd_names_do_no_harm(extracted, run_featx):
    odd = {"sad": "[/x]", "happy": "$a", "angry": "²"}
    relabel(
        lambda row: {
            **row, "label": odd[row["label"]], "speaker": row["speaker"].replace("s", "²"),
        }
    )  # fmt: skip
    outcome = run_featx("fit", "--folds", "3", *QUICK)
    assert outcome.code == 0, outcome.err
    assert "[/x]" in outcome.out


def test_the_split_column_makes_one_fold(extracted, run_featx):
    parts = {"s4": "validation", "s5": "test"}
    relabel(lambda row: {**row, "split": parts.get(row["speaker"], "train")})
    outcome = run_featx("fit", *QUICK)
    assert "the manifest's split, speaker-independent, 1 seed" in outcome.out
    tested = {row["speaker"] for row in rows("predictions.csv") if row["split"] == "test"}
    assert tested == {"s5"}


def test_shared_speakers_are_refused_and_marked_when_asked_for(extracted, run_featx):
    parts = {"0": "train", "1": "test"}
    relabel(
        lambda row: {
            **row,
            "split": "validation" if row["speaker"] == "s5" else parts[row["utterance"][-1]],
        }
    )
    refused = run_featx("fit", *QUICK)
    assert refused.code == 1
    assert "5 speakers are in more than one part of the split, such as s0" in refused.err
    allowed = run_featx("fit", *QUICK, "--speaker-dependent")
    assert allowed.code == 0
    assert "Speaker-dependent: training and test share speakers" in allowed.out
    assert json.loads((RUN / "metrics.json").read_text())["speakers_shared"] is True


def test_utterances_without_features_are_not_left_out_in_silence(extracted, run_featx):
    source = Path("audio/sad-0-0.wav").read_bytes()
    Path("audio/new.wav").write_bytes(source)
    with Path("manifest.csv").open("a") as file:
        file.write("new,audio/new.wav,s0,sad\n")
    refused = run_featx("fit", *QUICK)
    assert refused.code == 1
    assert "no features of 1 of 37 utterances, such as new" in refused.err
    assert run_featx("fit", *QUICK, "--skip-missing").code == 0


def test_a_kill_while_one_run_takes_the_place_of_another_loses_neither(extracted, run_featx):
    fit = ("fit", "--head", "dense", "--folds", "3", *QUICK)
    assert run_featx(*fit).code == 0
    old, new = RUN.with_name(f".{RUN.name}.old"), RUN.with_name(f".{RUN.name}.new")
    RUN.rename(old)  # killed between the two renames, the first time
    first = run_featx(*fit)
    assert first.code == 0
    assert not old.exists()
    shutil.copytree(RUN, old)  # killed while the old one was removed
    shutil.copytree(RUN, new)  # and while the new one was about to take its place
    when = (new / "metrics.json").stat().st_mtime_ns
    assert run_featx(*fit, "--overwrite").code == 0
    assert (RUN / "metrics.json").stat().st_mtime_ns == when
    assert not old.exists()
    assert not new.exists()
