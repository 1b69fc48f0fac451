"""A vote that is loaded decides as the vote did."""

import shutil
from pathlib import Path

import pytest

import featx
from featx.errors import FeatxError
from featx.features.encoders import encoder as encoders
from featx.inference.predictions import PredictedUtterance, Predictions

STORE = "features/manifest/encoder"


@pytest.fixture
def members(place, made_once):
    """Two fits on the same folds."""

    def fit():
        featx.fit("linear", "encoder", folds=3, name="a")
        featx.fit("svm", "encoder", folds=3, name="b")

    made_once("members", fit, Path("runs"))
    return ["runs/a", "runs/b"]


@pytest.mark.parametrize("rule", ["hard", "soft"])
def test_a_fold_of_it_decides_as_the_vote_did(rule, members, tested):
    run = featx.vote(members, rule=rule, name="vote")
    model = featx.load(run)
    for (_, fold), rows in tested(run.folder).items():
        given = {row.utterance: row for row in model.predict(STORE, fold=fold)}
        assert rows
        for row in rows:
            own = given[row["utterance"]]
            assert own.label == row["prediction"]
            for name in model.classes:
                assert own.probabilities[name] == pytest.approx(float(row[f"p_{name}"]), abs=1e-5)


def test_members_weigh_by_validation_and_seeds_vote_alone(members):
    few = "training.epochs=1"
    featx.fit("dense", "encoder", folds=3, seeds=2, name="c", settings=few)
    vote = featx.load(featx.vote([*members, "runs/c"], rule="weighted", over_seeds=True))
    assert [seat.seed for seat in vote.seats] == [None, None, 0, 1]
    assert all(0 < seat.weight <= 100 for seat in vote.seats)
    assert vote.seats[2].model is vote.seats[3].model
    assert len(vote.predict(STORE)) == len(featx.load_manifest("manifest.csv").utterances)


def test_audio_passes_the_encoder_once_for_all_members(members, monkeypatch):
    vote = featx.load(featx.vote(members, name="vote"))
    loaded = []
    encoder = encoders.Encoder
    monkeypatch.setattr(encoders, "Encoder", lambda *a: loaded.append(a) or encoder(*a))
    first = vote.predict("audio/sad-0-0.wav")
    assert vote.predict("audio/sad-0-0.wav").rows == first.rows
    assert len(loaded) == 1


def test_a_member_that_is_gone_or_has_no_model_is_refused(members):
    run = featx.vote(members, name="vote")
    shutil.copy("runs/b/predictions.csv", "other.csv")
    mixed = featx.vote(["runs/a", "other.csv"], name="mixed")
    with pytest.raises(FeatxError, match=r"other\.csv"):
        featx.load(mixed)
    shutil.move("runs/b", "runs/moved")
    with pytest.raises(FeatxError, match="runs/b is not here"):
        featx.load(run)


def test_a_damaged_vote_is_refused(members):
    run = featx.vote(members, name="vote")
    scores = Path(run.folder, "metrics.json")
    scores.write_text(scores.read_text().replace('"rule": "hard"', '"rule": "os.system"'))
    with pytest.raises(FeatxError, match="rule"):
        featx.load(run)


def test_the_label_of_a_tie_is_shown_first():
    row = PredictedUtterance("u", "b", {"a": 0.5, "b": 0.5})
    assert row.ranked == [("b", 0.5), ("a", 0.5)]
    shown = Predictions(("a", "b"), (row,)).to_text()
    assert "b" in shown
    assert "a 50 %" in shown


def test_a_vote_of_itself_is_refused(members):
    run = featx.vote(members, name="vote")
    scores = Path(run.folder, "metrics.json")
    scores.write_text(scores.read_text().replace("runs/a/", "runs/vote/"))
    with pytest.raises(FeatxError, match="has itself among its members"):
        featx.load(run)


def test_a_seed_that_is_gone_is_refused(members):
    few = "training.epochs=1"
    featx.fit("dense", "encoder", folds=3, seeds=2, name="c", settings=few)
    vote = featx.vote([*members, "runs/c"], over_seeds=True)
    featx.fit("dense", "encoder", folds=3, name="c", settings=few, overwrite=True)
    with pytest.raises(FeatxError, match="`seed=1`: the run has no such model"):
        featx.predict(vote, STORE)
