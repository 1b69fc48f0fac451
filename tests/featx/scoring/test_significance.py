"""The tests agree with sums written out; differences behave."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx.scoring.metrics import RESAMPLES, count_confusions, draw_groups, score_seeds
from featx.scoring.significance import (
    combine,
    holm,
    mcnemar,
    mcnemar_of_seeds,
    resample_uar,
    subtract,
)


def compare_uar(first: np.ndarray, second: np.ndarray, draws: np.ndarray):
    return subtract(resample_uar(first, draws), resample_uar(second, draws))


hits = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80)


def counts(only_first: int, only_second: int, both: int = 0, neither: int = 0):
    """Hits of two systems that disagree as often as said."""
    first = [True] * only_first + [False] * only_second + [True] * both + [False] * neither
    second = [False] * only_first + [True] * only_second + [True] * both + [False] * neither
    return mcnemar(np.array(first, dtype=bool), np.array(second, dtype=bool))


@given(hits)
def test_p_is_the_sum_of_a_fair_coins_two_tails(rows):
    first, second = np.array(rows).T
    test = mcnemar(first, second)
    assert test.only_first == sum(hit and not two for hit, two in rows)
    assert test.only_second == sum(two and not hit for hit, two in rows)
    n, fewer = test.only_first + test.only_second, min(test.only_first, test.only_second)
    tail = sum(comb(n, k) for k in range(fewer + 1)) / 2**n
    assert test.p == pytest.approx(min(1, 2 * tail))


@given(hits)
def test_swapping_the_systems_mirrors_the_counts_and_keeps_p(rows):
    first, second = np.array(rows).T
    test, other = mcnemar(first, second), mcnemar(second, first)
    assert (test.only_first, test.only_second, test.p) == (
        other.only_second,
        other.only_first,
        other.p,
    )


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(1, 9, 22 / 1024), (9, 1, 22 / 1024), (0, 5, 2 / 32), (4, 4, 1), (0, 0, 1)],
)
def test_known_p(only_first, only_second, p):
    assert counts(only_first, only_second).p == pytest.approx(p)


def test_what_both_or_neither_recognise_does_not_matter():
    assert counts(3, 12) == counts(3, 12, both=100, neither=50)


def test_every_seed_is_tested_against_every_seed_even_if_both_have_as_many():
    first = np.array([[1, 1, 0], [1, 0, 0]], dtype=bool)
    second = np.array([[0, 1, 1], [1, 1, 1], [0, 0, 0]], dtype=bool)
    as_many = mcnemar_of_seeds(first, second[:2])
    counts = [(test.only_first, test.only_second) for test in as_many]
    assert counts == [(1, 1), (0, 1), (1, 2), (0, 2)]
    assert [test.only_first for test in mcnemar_of_seeds(first, second)] == [1, 0, 2, 1, 0, 1]


def test_combined_p_is_twice_the_median_at_most_1_and_a_single_one_itself():
    assert combine([0.03]) == 0.03
    assert combine([0.2, 0.01, 0.04]) == pytest.approx(0.08)
    assert combine([0.02, 0.04]) == pytest.approx(0.06)
    assert combine([0.4, 0.6, 0.9]) == 1


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_at_least_half_of_the_tests_have_at_most_half_the_combined_p(values):
    """Which happens by chance at most that often, however they depend (Markov's inequality)."""
    combined = combine(values)
    assert combined == 1 or 2 * sum(p <= combined / 2 for p in values) >= len(values)


def test_holm_by_hand():
    # sorted 0.01, 0.02, 0.03, 0.4: times 4, 3, 2, 1, never below the one before
    assert holm([0.03, 0.01, 0.4, 0.02]) == pytest.approx([0.06, 0.04, 0.4, 0.06])
    assert holm([0.6, 0.7]) == [1, 1]
    assert holm([0.2]) == [0.2]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_only_raises_keeps_the_order_and_is_at_most_bonferroni(values):
    adjusted = holm(values)
    for p, after in zip(values, adjusted, strict=True):
        assert p <= after <= min(1, len(values) * p) + 1e-12
    ordered = [adjusted[index] for index in np.argsort(values, kind="stable")]
    assert ordered == sorted(ordered)


def confusions(generator: np.random.Generator, speakers: int, seeds: int, skill: float):
    """Seeds of a system on 12 utterances a speaker, 3 classes."""
    labels = np.tile(np.arange(3), 4 * speakers)
    groups = np.repeat(np.arange(speakers), 12)
    guesses = generator.integers(0, 3, (seeds, len(labels)))
    predictions = np.where(generator.random(guesses.shape) < skill, labels, guesses)
    return np.stack([count_confusions(labels, seed, groups, 3) for seed in predictions])


def test_a_system_differs_from_itself_by_nothing():
    system = confusions(np.random.default_rng(0), 8, 3, 0.5)
    difference = compare_uar(system, system, draw_groups(np.ones(8, int)))
    assert (difference.mean, difference.low, difference.high) == (0, 0, 0)


def test_the_difference_is_of_the_means_over_seeds_and_mirrors():
    generator = np.random.default_rng(1)
    first, two = confusions(generator, 8, 2, 0.7), confusions(generator, 8, 5, 0.3)
    draws = draw_groups(np.ones(8, int))
    there, back = compare_uar(first, two, draws), compare_uar(two, first, draws)
    means = [score_seeds(list(system))["uar"].mean for system in (first, two)]
    assert there.mean == pytest.approx(means[0] - means[1])
    assert there.low < there.mean < there.high
    assert (there.mean, there.low, there.high) == pytest.approx((-back.mean, -back.high, -back.low))


def test_one_speaker_has_a_difference_but_no_interval():
    generator = np.random.default_rng(3)
    first, two = confusions(generator, 1, 2, 0.9), confusions(generator, 1, 2, 0.1)
    difference = compare_uar(first, two, draw_groups(np.ones(1, int)))
    assert difference.mean > 0
    assert (difference.low, difference.high) == (None, None)


def test_the_interval_is_that_of_a_bootstrap_written_out():
    generator = np.random.default_rng(2)
    first, two = confusions(generator, 12, 1, 0.7)[0], confusions(generator, 12, 1, 0.5)[0]
    found = compare_uar(first[None], two[None], draw_groups(np.ones(12, int)))
    values = []
    for _ in range(4000):
        drawn = generator.integers(0, 12, 12)
        recalls = [np.diagonal(s[drawn].sum(0)) / s[drawn].sum((0, 2)) for s in (first, two)]
        values.append(100 * (recalls[0].mean() - recalls[1].mean()))
    low, high = np.percentile(values, (2.5, 97.5))
    assert found.low == pytest.approx(low, abs=1.5)
    assert found.high == pytest.approx(high, abs=1.5)


def test_what_is_hard_for_both_does_not_widen_the_interval():
    """Speakers differ much, the two systems on each of them always alike."""
    easy, hard = [[5, 1], [1, 5]], [[1, 5], [5, 1]]
    better = np.array([easy, hard] * 5)
    worse = better + np.array([[-1, 1], [1, -1]])
    difference = compare_uar(better[None], worse[None], draw_groups(np.ones(10, int)))
    assert difference.low == pytest.approx(difference.mean) == pytest.approx(100 / 6)
    assert difference.high == pytest.approx(difference.mean)
    own = score_seeds([better])["uar"]
    assert own.high - own.low > 30


def test_draws_are_as_many_as_there_are_groups_and_the_same_at_every_call():
    draws = draw_groups(np.ones(7, int))
    assert draws.shape == (RESAMPLES, 7)
    assert (draws.sum(1) == 7).all()
    np.testing.assert_array_equal(draws, draw_groups(np.ones(7, int)))
