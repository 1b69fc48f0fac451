"""Votes are counted as an independent computation counts them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mode
from sklearn.metrics import accuracy_score, cohen_kappa_score, recall_score

from featx.comparison.systems.classes import System
from featx.voting.classes.agreement import agree, bound
from featx.voting.classes.ballots import ClassVoter, Row
from featx.voting.classes.election import join
from featx.voting.classes.part import Part
from featx.voting.classes.rules import Outcome, Votes, decide
from featx.voting.classes.search import choose, score_all, score_each
from featx.voting.voters import Ballot


def make_votes(seed: int, systems: int, utterances: int, classes: int) -> Votes:
    """Random predictions with many ties: probabilities are eighths, weights quarters."""
    draw = np.random.default_rng(seed)
    probabilities = draw.multinomial(8, np.full(classes, 1 / classes), (systems, utterances)) / 8
    predictions = draw.integers(0, classes, (systems, utterances))
    weights = draw.integers(0, 5, (systems, utterances)) / 4
    return Votes(classes, predictions, probabilities, weights)


def expected(votes: Votes, rule: str, tie: str) -> tuple[list[int], list[bool]]:
    """The same an utterance at a time, with scipy's mode where nothing ties."""
    winners, tied = [], []
    modes = mode(votes.predictions, axis=0) if rule == "hard" else None
    for utterance in range(votes.predictions.shape[1]):
        named, beliefs = votes.predictions[:, utterance], votes.probabilities[:, utterance]
        weights = votes.weights[:, utterance] if rule == "weighted" else None
        weights = weights if weights is not None and weights.any() else None
        counts = beliefs.sum(0) if rule == "soft" else np.bincount(named, weights, votes.classes)
        best = np.flatnonzero(counts == counts.max())  # eighths and quarters are exact
        tied.append(len(best) > 1)
        if rule == "hard" and len(best) == 1:
            assert (modes.mode[utterance], modes.count[utterance]) == (best[0], counts.max())
        if rule == "soft":
            for belief in beliefs:
                best = best[belief[best] == belief[best].max()]
            winners.append(best[0])
            continue
        if tie == "probability":
            sums = beliefs.sum(0)[best]
            best = best[sums == sums.max()]
        winners.append(next(vote for vote in named if vote in best))
    return winners, tied


sizes = st.tuples(
    st.integers(0, 2**32 - 1), st.integers(2, 7), st.integers(1, 6), st.integers(2, 5)
)


@given(sizes, st.sampled_from(["probability", "first"]))
@settings(max_examples=250)
def test_all_rules_agree_with_scipy_and_numpy(size, tie):
    votes = make_votes(*size)
    everyone = np.arange(size[1])[None]
    for rule in ("hard", "soft", "weighted"):
        outcome = decide(votes, everyone, rule, tie)
        winners, tied = expected(votes, rule, tie)
        assert outcome.winners[0].tolist() == winners
        assert outcome.tied[0].tolist() == tied


def as_system(number: int, votes: Votes, order: np.ndarray) -> ClassVoter:
    """A system as it is read from a file with rows in some order."""
    rows = {}
    for utterance in order.tolist():
        name, label = f"u{utterance}", str(utterance % votes.classes)
        rows[name] = Row(
            utterance=name,
            label=label,
            prediction=str(votes.predictions[number, utterance]),
            speaker="s",
            seed="0",
            fold="0",
            file=Path("x.csv"),
            probabilities={str(c): p for c, p in enumerate(votes.probabilities[number, utterance])},
        )
    labels = {name: row.label for name, row in rows.items()}
    system = System(f"{number}", Path(), labels, dict.fromkeys(labels, "s"), [], None, [])
    classes = tuple(map(str, range(votes.classes)))
    return ClassVoter(system, [Path("x.csv")], [Ballot("0", rows, {})], classes, "")


@given(sizes, st.sampled_from(["hard", "soft"]), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_systems_are_joined_by_utterance_however_each_is_ordered(size, rule, shuffle):
    votes = make_votes(*size)
    orders = [shuffle.sample(range(size[2]), size[2]) for _ in range(size[1])]
    systems = [as_system(n, votes, np.array(order)) for n, order in enumerate(orders)]
    part = join(systems).test
    winners, tied = expected(votes, rule, "probability")
    outcome = decide(part.votes[0], np.arange(size[1])[None], rule, "probability")
    for place, (_, name) in enumerate(part.keys):
        utterance = int(name.removeprefix("u"))
        assert part.labels[place] == utterance % votes.classes
        assert outcome.winners[0, place] == winners[utterance]
        assert outcome.tied[0, place] == tied[utterance]


@pytest.mark.parametrize("rule", ["hard", "soft", "weighted"])
def test_combinations_together_are_as_each_alone(rule):
    votes = make_votes(1, 6, 40, 4)
    members = np.array([(0, 1, 2), (0, 3, 5), (2, 4, 5)])
    together = decide(votes, members, rule, "probability")
    for number, some in enumerate(members):
        alone = Votes(4, votes.predictions[some], votes.probabilities[some], votes.weights[some])
        winners, tied = expected(alone, rule, "probability")
        assert together.winners[number].tolist() == winners
        assert together.tied[number].tolist() == tied


def test_more_than_255_systems_do_not_overflow():
    predictions = np.array([[0]] * 256 + [[1]] * 40)
    outcome = decide(Votes(2, predictions, None), np.arange(296)[None], "hard", "first")
    assert outcome.shares[:, 0, 0].tolist() == [256, 40]


def test_systems_that_are_all_useless_weigh_alike():
    votes = Votes(3, np.array([[2], [1], [1]]), None, np.zeros((3, 1)))
    assert decide(votes, np.array([[0, 1, 2]]), "weighted", "first").winners.tolist() == [[1]]


def make_part(seed: int, systems: int = 6, seeds: int = 2) -> Part:
    labels = np.random.default_rng(seed).integers(0, 3, 50)
    votes = [make_votes(seed + number, systems, 50, 3) for number in range(seeds)]
    return Part([("0", f"u{number:02}") for number in range(50)], labels, votes)


@pytest.mark.parametrize("rule", ["hard", "soft", "weighted"])
def test_the_search_finds_the_first_of_the_best(rule, monkeypatch):
    part = make_part(3)
    tried: list[float] = []
    members, score = choose(part, range(6), 3, rule, "probability", advance=tried.append)
    assert sum(tried) == 20
    monkeypatch.setattr("featx.voting.classes.search.HELD", 1)  # one combination at a time
    assert choose(part, range(6), 3, rule, "probability") == (members, score)
    outcome = [decide(v, np.array([members]), rule, "probability") for v in part.votes]
    uars = [recall_score(part.labels, seed.winners[0], average="macro") for seed in outcome]
    assert score == pytest.approx(np.mean(uars))
    others = np.array([(0, 1, 2), (1, 2, 3), (3, 4, 5)])
    assert (score_all(part, others, rule, "probability") <= score + 1e-12).all()
    assert set(choose(part, (0, 2, 3, 5), 3, rule, "probability")[0]) <= {0, 2, 3, 5}


@settings(max_examples=40)
@given(sizes)
def test_each_system_alone_scores_as_scikit_learn_has_it(size):
    votes = make_votes(*size)
    labels = np.random.default_rng(size[0]).integers(0, size[3], size[2])
    part = Part([("", f"u{number}") for number in range(size[2])], labels, [votes])
    for predictions, uar, wa in zip(
        votes.predictions, score_each(part), score_each(part, "wa"), strict=True
    ):
        present = np.unique(labels)
        assert uar == pytest.approx(
            recall_score(labels, predictions, labels=present, average="macro", zero_division=0)
        )
        assert wa == pytest.approx(accuracy_score(labels, predictions))


@pytest.mark.parametrize("rule", ["hard", "soft", "weighted"])
def test_folds_joined_are_as_all_together(rule):
    votes = make_votes(7, 5, 30, 3)
    members = np.array([(0, 2, 4)])
    places = [np.arange(1, 30, 2), np.arange(0, 30, 2)]
    parts = [decide(votes.at(own), members, rule, "probability") for own in places]
    joined, whole = Outcome.join(parts, places), decide(votes, members, rule, "probability")
    for field in ("shares", "winners", "tied"):
        assert (getattr(joined, field) == getattr(whole, field)).all()


def test_kappa_and_the_oracle_are_averaged_over_seeds():
    part = make_part(5, systems=3)
    pairs = agree(["a", "b", "c"], (0, 2), part)
    assert [(pair.first, pair.second) for pair in pairs] == [("a", "c")]
    kappas = [cohen_kappa_score(votes.predictions[0], votes.predictions[2]) for votes in part.votes]
    assert pairs[0].kappa == pytest.approx(np.mean(kappas))
    known = [(votes.predictions[[0, 2]] == part.labels).any(0) for votes in part.votes]
    voting = np.array([[True] * 50, [False] * 50, [True] * 50])
    oracle = bound(voting, part)
    assert oracle.share == pytest.approx(100 * np.mean(known))
    recalls = [[seed[part.labels == label].mean() for label in range(3)] for seed in known]
    assert oracle.uar == pytest.approx(100 * np.mean(recalls))


def test_kappa_of_two_that_say_one_thing_is_not_a_number():
    votes = Votes(2, np.zeros((2, 4), dtype=int), None)
    (pair,) = agree(["a", "b"], (0, 1), Part([("", "u")] * 4, np.array([0, 1, 0, 1]), [votes]))
    assert np.isnan(pair.kappa)
    assert (pair.same, pair.both_wrong) == (100, 50)
