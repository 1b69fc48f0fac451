"""From stored features to a run folder that repeats, resumes and does not mix."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from safetensors import safe_open
from sklearn.metrics import balanced_accuracy_score

import featx
import featx.fitting.training.train
from cache import FeatureStore
from classifiers.batch import Branch, Examples, InMemory
from classifiers.cores import Crew
from classifiers.heads import HeadSettings, build_head
from classifiers.objectives import Classification
from classifiers.shape import InputShape
from classifiers.statistics import Statistics
from classifiers.training import predict
from featx.errors import Interrupted
from featx.features.planning.reduction import average_frames
from featx.fitting.config import FitConfig
from featx.utils.config import read_config

RUN = Path("runs/manifest-tiny-dense")


@pytest.mark.figures
def test_a_run_leaves_everything_and_it_agrees(extracted, fit_quickly, read_rows):
    run = fit_quickly(seeds=2)
    assert run.folder == RUN
    assert {path.name for path in RUN.iterdir()} == {
        "calibration.json", "config.toml", "cost.json", "environment.json", "figures",
        "history.csv",
        "layer_scales.csv", "layer_weights.csv", "metrics.json", "model.json", "heads.safetensors",
        "predictions.csv", "run.log",
    }  # fmt: skip
    figures = {path.name for path in (RUN / "figures").iterdir()}
    drawn = ("confusion", "confusion_counts", "layer_weights", "training")
    assert figures == {f"{name}.{ending}" for name in drawn for ending in ("pdf", "png")}

    predictions = read_rows(run)
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

    uar, per_seed = run.results.scores["uar"], []
    for seed in "01":
        rows_of_seed = [row for row in tested if row["seed"] == seed]
        labels = [row["label"] for row in rows_of_seed]
        guesses = [row["prediction"] for row in rows_of_seed]
        per_seed.append(100 * balanced_accuracy_score(labels, guesses))
    assert uar.mean == pytest.approx(np.mean(per_seed))
    assert uar.std == pytest.approx(np.std(per_seed, ddof=1))
    assert run.results.confusion.sum() == 72
    assert f"{uar.mean:.1f}" in run.results.to_text()

    weights = [float(row["weight"]) for row in read_rows(run, "layer_weights.csv")]
    assert np.sum(weights) == pytest.approx(6)
    assert len(read_rows(run, "history.csv")) == 2 * 3 * 3


def test_the_saved_model_gives_the_saved_predictions(extracted, fit_quickly, read_rows):
    run = fit_quickly()
    description = json.loads((RUN / "model.json").read_text())
    (given,) = description["inputs"]
    assert given["layers"] == ["0", "1", "2"]
    member = description["members"][1]
    with safe_open(RUN / "heads.safetensors", "pt") as file:
        names = [name for name in file.keys() if name.startswith(member["prefix"])]  # noqa: SIM118
        weights = {n.removeprefix(member["prefix"]): file.get_tensor(n) for n in names}
    mean, deviation = (weights.pop(f"statistics.0.{name}")[None] for name in ("mean", "deviation"))
    shape = InputShape(len(given["layers"]), given["dim"], given["step"])
    settings = TypeAdapter(HeadSettings).validate_python(description["head"])
    head = build_head(settings, [shape], Classification(3))
    head.load_state_dict(weights)
    saved = [row for row in read_rows(run) if row["fold"] == "1" and row["split"] == "test"]
    store = FeatureStore(Path("features/manifest/tiny"))
    count = description["head"]["average_frames"]
    features = [torch.from_numpy(average_frames(store.read(r["utterance"]), count)) for r in saved]
    branch = Branch(InMemory(features), Statistics(mean, deviation))
    with Crew(1) as cores:
        examples = Examples([branch], np.zeros(len(saved), int))
        probabilities = predict(head, examples, cores).numpy()
    expected = [[float(row[f"p_{label}"]) for label in description["classes"]] for row in saved]
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)


def test_its_config_repeats_a_run(extracted, fit_quickly):
    fit_quickly()
    as_file = RUN / "config.toml"
    for config in (as_file, str(as_file), read_config(as_file, FitConfig)):
        again = featx.fit(config=config, name="again")
        for name in ("predictions.csv", "layer_weights.csv", "config.toml"):
            assert (RUN / name).read_bytes() == (again.folder / name).read_bytes()


def test_the_order_of_the_manifest_does_not_matter(extracted, fit_quickly):
    first = fit_quickly()
    lines = Path("manifest.csv").read_text().splitlines()
    Path("manifest.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]))
    reordered = fit_quickly(name="reordered")
    assert first.predictions.read_bytes() == reordered.predictions.read_bytes()


def test_a_stopped_run_goes_on_with_the_heads_not_yet_trained(extracted, fit_quickly, monkeypatch):
    whole = fit_quickly(name="whole")
    original, calls = featx.fitting.training.train.train_head, []

    def stop_at_third(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(featx.fitting.training.train, "train_head", stop_at_third)
    damaged = RUN / "members" / "seed0-fold0.safetensors"
    with pytest.raises(Interrupted, match="2 of 3 heads"):
        fit_quickly()
    assert not (RUN / "metrics.json").exists()
    damaged.write_bytes(damaged.read_bytes()[:50])  # one of the two is trained again
    run = fit_quickly()
    assert len(calls) == 5
    assert run.predictions.read_bytes() == whole.predictions.read_bytes()


def test_a_finished_run_is_not_trained_again(extracted, fit_quickly, monkeypatch):
    first = fit_quickly().results.to_text()
    monkeypatch.setattr(
        featx.fitting.training.train, "train_head", lambda *_: pytest.fail("trained again")
    )
    assert fit_quickly().results.to_text() == first


def test_another_config_does_not_overwrite_a_run(extracted, fit_quickly):
    fit_quickly()
    with pytest.raises(featx.FeatxError, match=r"seeds: 1 there, now 2(?s:.*)`overwrite`"):
        fit_quickly(seeds=2)
    assert fit_quickly(seeds=2, overwrite=True).config["seeds"] == 2


def test_changed_labels_do_not_reuse_a_finished_run(extracted, fit_quickly, relabel):
    fit_quickly()
    relabel(lambda row: {**row, "label": row["label"].replace("sad", "calm")})
    with pytest.raises(featx.FeatxError, match="have changed since"):
        fit_quickly()
    assert "calm" in fit_quickly(overwrite=True).results.classes


def test_overwriting_keeps_the_old_run_until_the_new_one_is_finished(extracted, fit_quickly):
    before = fit_quickly().predictions.read_bytes()
    with pytest.raises(featx.FeatxError, match="learning rate"):
        fit_quickly(settings="training.learning_rate=1e30", overwrite=True)
    assert (RUN / "predictions.csv").read_bytes() == before
    assert fit_quickly(seeds=2, overwrite=True).predictions.read_bytes() != before
    assert [path.name for path in Path("runs").iterdir()] == [RUN.name]


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../other", "/tmp/elsewhere"])
def test_a_run_can_not_be_put_elsewhere(extracted, fit_quickly, name):
    with pytest.raises(featx.FeatxError, match="must be a plain name"):
        fit_quickly(name=name, overwrite=True)


def test_a_folder_that_is_no_run_is_left_alone(extracted, fit_quickly):
    Path("runs/mine").mkdir(parents=True)
    Path("runs/mine/thesis.tex").write_text("all of it")
    with pytest.raises(featx.FeatxError, match="not a run folder"):
        fit_quickly(name="mine", overwrite=True)
    assert Path("runs/mine/thesis.tex").exists()


def test_odd_names_do_no_harm(extracted, fit_quickly, relabel):
    odd = {"sad": "[/x]", "happy": "$a", "angry": "²"}
    relabel(
        lambda row: {
            **row, "label": odd[row["label"]], "speaker": row["speaker"].replace("s", "²"),
        }
    )  # fmt: skip
    assert "[/x]" in fit_quickly().results.to_text()


def test_the_split_column_makes_a_single_fold(extracted, fit_quickly, read_rows, relabel):
    parts = {"s4": "validation", "s5": "test"}
    relabel(lambda row: {**row, "split": parts.get(row["speaker"], "train")})
    run = fit_quickly()
    assert "the manifest's split, speaker-independent, 1 seed" in run.results.title
    assert {row["speaker"] for row in read_rows(run) if row["split"] == "test"} == {"s5"}


def test_shared_speakers_are_refused_and_marked_when_asked_for(extracted, fit_quickly, relabel):
    parts = {"0": "train", "1": "test"}
    relabel(
        lambda row: {
            **row,
            "split": "validation" if row["speaker"] == "s5" else parts[row["utterance"][-1]],
        }
    )
    with pytest.raises(featx.FeatxError, match="such as s0") as error:
        fit_quickly()
    assert "`speaker_dependent`" in str(error.value)
    run = fit_quickly(speaker_dependent=True)
    assert run.results.speakers_shared is True
    assert "training and test share speakers" in run.results.to_text()


def test_utterances_without_features_are_not_left_out_in_silence(extracted, fit_quickly):
    source = Path("audio/sad-0-0.wav").read_bytes()
    Path("audio/new.wav").write_bytes(source[:-1] + bytes([source[-1] ^ 1]))  # another sound
    with Path("manifest.csv").open("a") as file:
        file.write("new,audio/new.wav,s0,sad\n")
    with pytest.raises(featx.FeatxError, match=r"1 of 37 .* such as new.*`skip_missing`"):
        fit_quickly()
    run = fit_quickly(skip_missing=True)
    assert "Note: left out 1 utterances without features." in run.results.remarks


def test_a_kill_while_a_run_takes_the_place_of_another_loses_neither(extracted, fit_quickly):
    fit_quickly()
    old, new = RUN.with_name(f".{RUN.name}.old"), RUN.with_name(f".{RUN.name}.new")
    RUN.rename(old)  # killed between the two renames, the first time
    fit_quickly()
    assert not old.exists()
    shutil.copytree(RUN, old)  # killed while the old one was removed
    shutil.copytree(RUN, new)  # and while the new one was about to take its place
    when = (new / "metrics.json").stat().st_mtime_ns
    fit_quickly(overwrite=True)
    assert (RUN / "metrics.json").stat().st_mtime_ns == when
    assert not old.exists()
    assert not new.exists()


def test_a_run_is_scored_by_sex_and_the_like(extracted, relabel, fit_quickly):
    del extracted
    sexes, unlike = ("female", "male"), iter(range(1000))
    relabel(
        lambda row: {
            **row,
            "sex": sexes[int(row["speaker"][1:]) % 2],
            "intensity": "normal",  # of a single value
            "language": f"l{next(unlike)}",  # of too many
        }
    )
    run = fit_quickly()
    stored = json.loads((run.folder / "metrics.json").read_text())
    (sex,) = stored["groups"]
    assert sex["column"] == "sex"
    assert [(group["value"], group["speakers"]) for group in sex["groups"]] == [
        ("female", 3),
        ("male", 3),
    ]
    (system,) = featx.evaluate(run.folder, by="sex").systems
    assert system.to_json()["groups"] == stored["groups"]


def test_a_run_without_such_columns_has_no_groups(extracted, fit_quickly):
    del extracted
    stored = json.loads((fit_quickly().folder / "metrics.json").read_text())
    assert not stored.get("groups")
