"""Fits of votes, of several labels and of rare classes, from the manifest to what is predicted."""

import csv
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import featx
from featx.errors import FeatxError
from featx.runs.files import WEIGHTS
from featx.scoring.classes.distributions import jensen_shannon

EPOCHS = ("training.epochs=3", "training.learning_rate=0.01")
CLASSES = ("happy", "sad", "angry")


@pytest.fixture
def vote(relabel):
    """Give every utterance votes, the share of its own label and the rest for the next."""

    def give(share: float) -> None:
        def change(row):
            other = CLASSES[(CLASSES.index(row["label"]) + 1) % 3]
            votes = {row["label"]: share, other: 1 - share}
            return {**row, **{f"p_{name}": votes.get(name, 0.0) for name in CLASSES}}

        relabel(change)

    return give


def shares(rows, begin):
    return np.array([[float(row[f"{begin}{name}"]) for name in CLASSES] for row in rows])


@pytest.mark.parametrize("head", ["dense", "linear"])
def test_votes_that_agree_give_the_run_of_hard_labels(
    extracted, fit_quickly, vote, head, read_rows
):
    vote(1.0)
    settings = EPOCHS if head == "dense" else ()
    hard, soft = (
        fit_quickly(head, "tiny", settings=settings, task=task, name=task)
        for task in ("classification", "distribution")
    )
    first, second = (load_file(run.folder / WEIGHTS) for run in (hard, soft))
    assert all((first[name] == second[name]).all() for name in first)
    histories = [
        [{**row, "seconds": ""} for row in read_rows(run, "history.csv")] for run in (hard, soft)
    ]
    assert histories[0] == histories[1]
    assert soft.results.scores == hard.results.scores
    assert soft.results.votes.top2.mean >= soft.results.scores["wa"].mean


def test_votes_are_learned_and_scored(extracted, fit_quickly, vote, read_rows):
    vote(0.75)
    run = fit_quickly("linear", "tiny", settings=(), task="distribution", seeds=2)
    rows = [row for row in read_rows(run) if row["split"] == "test"]
    found, true = shares(rows, "p_"), shares(rows, "true_p_")
    assert sorted(set(true.ravel())) == [0, 0.25, 0.75]
    votes = run.results.votes
    expected = jensen_shannon(true, found / found.sum(1, keepdims=True)).mean()
    assert votes.jensen_shannon.mean == pytest.approx(expected, abs=1e-5)
    assert votes.jensen_shannon.low <= votes.jensen_shannon.mean <= votes.jensen_shannon.high
    again = featx.Run(run.folder).results
    assert again.votes == pytest.approx(votes) or str(again.votes) == str(votes)
    assert json.loads((run.folder / "metrics.json").read_text())["jensen_shannon"]["mean"]
    assert "Jensen-Shannon" in run.results.to_text()
    assert "bits" in run.results.to_text()
    (system,) = featx.evaluate(run).systems
    assert system.results.votes.jensen_shannon.mean == pytest.approx(expected, abs=1e-6)
    assert system.results.votes.top2.mean == votes.top2.mean
    other = fit_quickly("linear", "tiny", settings="head.class_weights=none", name="other",
                        task="distribution", seeds=2)  # fmt: skip
    both = featx.vote([run, other], rule="soft")
    voted = [row for row in read_rows(both) if row["split"] == "test"]
    given, shares_of = shares(voted, "true_p_"), shares(voted, "p_")
    mean = jensen_shannon(given, shares_of / shares_of.sum(1, keepdims=True)).mean()
    assert both.results.votes.jensen_shannon.mean == pytest.approx(mean, abs=1e-5)
    featx.report([run, both], out="report.html")
    assert Path("report.html").read_text().count("Jensen-Shannon") > 1


def test_several_labels_are_learned_scored_and_predicted(
    extracted, fit_quickly, relabel, read_rows
):
    def tag(row):
        return {**row, "low": int(row["label"] == "sad"), "tone": int(row["label"] != "angry")}

    relabel(tag)
    run = fit_quickly(
        "linear", "tiny", settings=(), task="multilabel", target=("low", "tone"), name="several"
    )
    again = fit_quickly(
        "dense", "tiny", task="multilabel", target=("low", "tone"), name="dense",
        settings=("training.epochs=2", "training.class_weights=balanced"),
    )  # fmt: skip
    rows = read_rows(run)
    assert {row["labels"] for row in rows} == {"low|tone", "tone", "(none)"}
    tested = [row for row in rows if row["split"] == "test"]
    assert len(tested) == 36
    right = np.mean([row["labels"] == row["predictions"] for row in tested])
    assert right > 0.6
    assert set(run.results.scores) == {"macro_f1", "micro_f1", "map"}
    assert str(featx.Run(run.folder).results.to_json()) == str(run.results.to_json())
    predicted = featx.predict(run, "features/manifest/tiny")
    assert {row.label for row in predicted.rows} <= {"low|tone", "tone", "low", "(none)"}
    assert sum(predicted.rows[0].probabilities.values()) != pytest.approx(1)
    (system,) = featx.evaluate(run).systems
    for name, score in run.results.scores.items():
        assert vars(system.results.scores[name]) == pytest.approx(vars(score), nan_ok=True)
    assert [scores.column for scores in run.results.groups] == []
    featx.report(run, out="several.html")
    tone = f"| tone | {run.results.labels['tone']['precision']:.1f} |"
    assert tone in Path("several.md").read_text()
    voted = featx.vote([run, again])
    (mine, theirs, both) = (
        featx.predict(model, "features/manifest/tiny").rows[0].probabilities["tone"]
        for model in (run, again, voted)
    )
    assert both == pytest.approx((mine + theirs) / 2)
    with pytest.raises(FeatxError, match=r"`priors` is about a single class"):
        featx.predict(run, "features/manifest/tiny", priors="uniform")


def test_priors_of_training_are_kept_and_corrected_for(extracted, fit_quickly, monkeypatch):
    plain = fit_quickly("linear", "tiny", settings="head.class_weights={sad = 2.0}", name="plain")
    described = json.loads((plain.folder / "model.json").read_text())
    assert described["priors"] == pytest.approx([0.25, 0.5, 0.25])
    store = "features/manifest/tiny"
    calibrated = featx.predict(plain, store, calibrated=True)
    same = featx.predict(plain, store, priors={"happy": 0.25, "sad": 0.5, "angry": 0.25})
    for row, own in zip(calibrated.rows, same.rows, strict=True):
        assert own.probabilities == pytest.approx(row.probabilities, abs=1e-6)
    only = featx.predict(plain, store, priors="happy=1,sad=0,angry=0")
    assert set(only.labels) == {"happy"}
    uniform = featx.predict(plain, store, priors="uniform")
    assert uniform.rows[0].probabilities["sad"] < calibrated.rows[0].probabilities["sad"]
    assert len(featx.predict(plain, store, priors="estimated").rows) == 36
    balanced = fit_quickly("linear", "tiny", settings=(), name="balanced")
    described = json.loads((balanced.folder / "model.json").read_text())
    assert described["priors"] == pytest.approx([1 / 3] * 3)


def test_priors_that_are_none_are_refused(extracted, fit_quickly):
    model = featx.load(fit_quickly("linear", "tiny", settings=()))
    for priors, words in (
        ("equal", "must be 'uniform', 'estimated'"),
        ("happy=0.5,sad=0.5", "no share for angry"),
        ("happy=0.5,sad=0.5,angry=0.5", r"add up to 1\.5"),
        ({"happy": 0.5, "sad": 0.5, "angry": 0.0, "calm": 0.0}, "no class 'calm'"),
    ):
        with pytest.raises(FeatxError, match=words):
            model.predict("features/manifest/tiny", priors=priors)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"settings": "training.class_weights={calm = 2}"}, "no class 'calm'; there is happy, sad"),
        ({"settings": "training.class_weights={sad = 0}"}, "greater than 0"),
        ({"head": "svm", "settings": (), "task": "distribution"}, r"`head='svm'` learns a single"),
        ({"settings": "training.loss=ccc"}, "loss is 'ccc'"),
        (
            {"settings": "training.sampling=balanced", "task": "multilabel", "target": "label"},
            "classes can't take turns",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(extracted, fit_quickly, vote, options, words):
    vote(0.75)
    with pytest.raises(FeatxError, match=words):
        fit_quickly(options.pop("head", "dense"), "tiny", **options)


@pytest.fixture
def rare(extracted):
    """Leave a happy utterance to each of two speakers; three folds validate or test none."""
    with Path("manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    kept = [
        row
        for row in rows
        if row["label"] != "happy" or row["utterance"] in ("happy-0-0", "happy-3-0")
    ]
    with Path("rare.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, kept[0])
        writer.writeheader()
        writer.writerows(kept)


@pytest.mark.thorough
@pytest.mark.figures
@pytest.mark.parametrize(
    ("head", "settings"),
    [
        ("dense", ["training.epochs=2", "training.class_weights=balanced"]),
        ("dense", ["training.epochs=2", "training.sampling=balanced", "training.loss=focal"]),
        ("linear", ()),
        ("svm", ["head.class_weights=none"]),
    ],
)
def test_a_rare_class_trains_and_reports_without_a_warning(rare, head, settings, caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with np.errstate(all="raise"):
            run = featx.fit(
                head, manifest="rare.csv", features="features/manifest/tiny", folds=6,
                settings=settings, name="rare",
            )  # fmt: skip
            featx.report(run, out="rare.html")
            featx.evaluate(run).to_text()
    tested = [int(n) for n in run.results.confusion.sum(1)]
    assert tested == [2, 12, 12]
    assert all(np.isfinite(score.mean) for score in run.results.scores.values())
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
