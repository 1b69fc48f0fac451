"""Fits of numbers: from columns of a manifest to scores, files and heads that predict again."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.errors import FeatxError
from featx.features.stores.folders import open_store
from featx.fitting.heads.saved import read_heads
from featx.scoring.numbers.results import NumberResults

PITCH = {"sad": 150, "happy": 600, "angry": 2400}


@pytest.fixture
def with_numbers(extracted, relabel):
    """A corpus whose manifest has two columns of numbers, one of them not everywhere."""

    def measured(row):
        octaves = math.log2(PITCH[row["label"]]) + 0.01 * len(row["utterance"])
        gap = row["utterance"] == "sad-0-0"
        return {**row, "pitch": f"{octaves:.3f}", "lows": "" if gap else f"{-octaves:.3f}"}

    relabel(measured)


@pytest.mark.parametrize("head", ["dense", "linear", "svm"])
def test_numbers_are_learned_scored_and_written(with_numbers, fit_quickly, read_rows, head):
    settings = () if head != "dense" else ("training.epochs=3", "training.learning_rate=0.01")
    run = fit_quickly(head, target=["pitch", "lows"], settings=settings, final=head == "linear")
    results = run.results
    assert isinstance(results, NumberResults)
    assert list(results.dimensions) == ["pitch", "lows"]
    assert results.scores["ccc"].mean > (0.3 if head == "dense" else 0.8)
    assert "Note: left out 1 utterance without pitch or lows." in results.remarks
    rows = read_rows(run)
    assert list(rows[0]) == [
        *("utterance", "speaker", "fold", "seed", "split"),
        *("pitch", "predicted_pitch", "lows", "predicted_lows"),
    ]
    tested = [row for row in rows if row["split"] == "test"]
    misses = [float(row["pitch"]) - float(row["predicted_pitch"]) for row in tested]
    rmse = results.dimensions["pitch"]["rmse"].mean
    assert np.sqrt(np.mean(np.square(misses))) == pytest.approx(rmse, rel=1e-5)
    stored = json.loads((run.folder / "metrics.json").read_text())
    assert stored["task"] == "regression"
    assert stored == featx.Run(run.folder).results.to_json()
    assert not (run.folder / "calibration.json").exists()


@pytest.mark.figures
def test_pictures_show_true_against_predicted_and_errors_by_level(with_numbers, fit_quickly):
    run = fit_quickly("linear", target="pitch", settings=())
    assert [path.name for path in run.figures] == ["error_by_level.png", "scatter.png"]


def test_heads_predict_again_what_they_predicted(with_numbers, fit_quickly, read_rows):
    run = fit_quickly("linear", target="pitch", settings=())
    heads = read_heads(run.folder, math.inf)
    assert heads.dimensions == ("pitch",)
    rows = [r for r in read_rows(run) if r["split"] == "test" and r["fold"] == "1"]
    selections = heads.select([open_store(Path("features/manifest/tiny"))])
    member = next(member for member in heads.members if member.fold == 1)
    found = heads.member_probabilities(
        member, selections, [r["utterance"] for r in rows], [r["speaker"] for r in rows]
    )
    expected = [[float(row["predicted_pitch"])] for row in rows]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)


def test_the_task_is_decided_and_said(with_numbers, fit_quickly, caplog):
    with caplog.at_level("INFO", "featx"):
        run = fit_quickly("linear", target="pitch", settings=())
    assert "pitch: learned by regression, as there are numbers with fractions." in caplog.text
    assert run.config["protocol"]["target"] == {"columns": ["pitch"], "task": "regression"}
    again = featx.fit(config=run.folder / "config.toml", name="again")
    assert again.predictions.read_bytes() == run.predictions.read_bytes()


@pytest.mark.parametrize("dependent", [False, True])
def test_labels_that_are_all_the_same_divide_nothing(with_numbers, relabel, fit_quickly, dependent):
    relabel(lambda row: {**row, "label": "speech"})
    run = fit_quickly("linear", target="pitch", settings=(), speaker_dependent=dependent)
    assert run.results.scores["ccc"].mean > 0.8


def test_changed_numbers_are_no_longer_the_same_run(with_numbers, relabel, fit_quickly):
    fit_quickly("linear", target="pitch", settings=())
    relabel(lambda row: {**row, "pitch": f"{float(row['pitch']) + 1:g}"})
    with pytest.raises(FeatxError, match=r"have changed since it was run"):
        fit_quickly("linear", target="pitch", settings=())


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({"pitch": "high"}, {"target": "pitch", "task": "regression"},
         r"manifest\.csv, line 2: pitch is 'high', which is not a number, as are 35 other values"),
        ({"pitch": "nan"}, {"target": "pitch", "task": "regression"}, r"pitch is 'nan', which is"),
        ({"pitch": "3"}, {"target": "pitch", "task": "regression"}, r"pitch is the same of all"),
        ({"pitch": ""}, {"target": "pitch", "task": "regression"}, r"no utterance has a number"),
        ({}, {"target": "hight"}, r"no column 'hight', which `target` names"),
        ({}, {"target": ["pitch", "speaker"]}, r"which do not all hold numbers"),
        ({}, {"target": ["pitch", "pitch"]}, r"pitch is named twice"),
        ({}, {"target": "speaker", "task": "regression"}, r"`target='speaker'`: numbers can't be"),
        ({}, {"target": "pitch", "head": "dense", "settings": ("training.loss=cross-entropy",)},
         r"training\.loss.*there is ccc, mse, ccc\+mse"),
        ({}, {"target": "pitch", "head": "dense", "settings": ("training.class_weights=balanced",)},
         r"numbers are learned, which have no classes"),
        ({}, {"head": "dense", "settings": ("training.loss=ccc",)}, r"there is cross-entropy"),
    ],
)  # fmt: skip
def test_what_can_not_be_learned_is_refused(
    with_numbers, relabel, fit_quickly, changes, options, message
):
    relabel(lambda row: {**row, **changes})
    with pytest.raises(FeatxError, match=message):
        fit_quickly(**{"head": "linear", "settings": (), **options})


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["1", "2", "3"], "classification"),
        ([str(n) for n in range(11)], "regression"),
        (["0.5", "1"], "regression"),
        (["a", "1"], "classification"),
    ],
)
def test_what_a_column_holds_decides(values, task):
    from featx.data.manifest import Manifest, Utterance
    from featx.protocols.numbers import decide_task
    from featx.protocols.target import Target

    utterances = tuple(
        Utterance(str(n), Path("a.wav"), "s", "x", extra={"score": value})
        for n, value in enumerate([*values, ""])
    )
    manifest = Manifest(Path("m.csv"), utterances)
    assert decide_task(manifest, Target(columns=("score",)))[0] == task
    assert decide_task(manifest, Target(columns=("score",), task="regression"))[0] == "regression"


def test_a_run_is_scored_from_its_predictions(with_numbers, fit_quickly):
    run = fit_quickly("linear", target=["pitch", "lows"], settings=())
    (system,) = featx.evaluate(run.folder).systems
    scored, own = system.results.scores["ccc"], run.results.scores["ccc"]
    assert (scored.mean, scored.low) == pytest.approx((own.mean, own.low), rel=1e-6)
    assert system.results.remarks == run.results.remarks


def test_numbers_are_scored_by_sex(with_numbers, relabel, fit_quickly):
    relabel(lambda row: {**row, "sex": ("female", "male")[int(row["speaker"][1:]) % 2]})
    run = fit_quickly("linear", target="pitch", settings=())
    stored = json.loads((run.folder / "metrics.json").read_text())
    assert stored == featx.Run(run.folder).results.to_json()
    (sex,) = stored["groups"]
    assert [group["value"] for group in sex["groups"]] == ["female", "male"]
    assert set(sex["groups"][0]["scores"]) == {"ccc", "rmse"}
    evaluation = featx.evaluate(run.folder, by="sex")
    (found,) = json.loads(evaluation.to_json())["groups"]
    for own, read in zip(sex["groups"], found["groups"], strict=True):
        means = (own["scores"]["ccc"]["mean"], read["scores"]["ccc"]["mean"])
        assert means[1] == pytest.approx(means[0], rel=1e-4)
