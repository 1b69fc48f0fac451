"""Scores agree with scikit-learn, the interval with a bootstrap written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

from featx.scoring.metrics import RESAMPLES, count_confusions, macro_f1, score_seeds, uar, wa

pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)


@settings(max_examples=100, deadline=None)
@given(pairs)
def test_metrics_agree_with_scikit_learn(rows):
    true, predicted = np.array(rows).T
    groups = np.zeros(len(rows), dtype=int)
    confusion = count_confusions(true, predicted, groups, 5)[0]
    np.testing.assert_array_equal(confusion, confusion_matrix(true, predicted, labels=range(5)))
    present = np.unique(true)
    recall = recall_score(true, predicted, labels=present, average="macro", zero_division=0)
    assert uar(confusion) == pytest.approx(recall)
    assert wa(confusion) == pytest.approx(accuracy_score(true, predicted))
    assert macro_f1(confusion) == pytest.approx(f1_score(true, predicted, average="macro"))


def test_mean_and_sample_deviation_over_seeds():
    right, wrong = np.diag([8, 8])[None], np.diag([8, 8])[::-1][None]
    score = score_seeds([right, right, wrong])["uar"]
    assert score.mean == pytest.approx(200 / 3)
    assert score.std == pytest.approx(np.std([100, 100, 0], ddof=1))


def test_one_seed_has_no_deviation():
    assert np.isnan(score_seeds([np.diag([3, 4])[None]])["wa"].std)


def test_the_interval_resamples_whole_speakers():
    """A speaker is recognised wholly or not at all: the interval is a binomial's."""
    speakers, known = 20, 14
    confusions = np.zeros((speakers, 2, 2), dtype=int)
    for speaker in range(speakers):
        confusions[speaker, :, :] = np.diag([5, 5]) if speaker < known else np.diag([5, 5])[::-1]
    score = score_seeds([confusions])["wa"]
    generator = np.random.default_rng(5)
    rounds = 20_000
    drawn = generator.integers(0, speakers, (rounds, speakers)) < known
    low, high = np.percentile(100 * drawn.mean(1), (2.5, 97.5))
    assert score.low == pytest.approx(low, abs=2.6)  # half a speaker
    assert score.high == pytest.approx(high, abs=2.6)
    assert score.low < score.mean < score.high
    assert RESAMPLES >= 1000


def test_utterances_of_a_speaker_do_not_narrow_the_interval():
    """Ten times the utterances of the same speakers tell nothing new about speakers."""
    confusions = np.array([np.diag([4, 4]), [[0, 4], [4, 0]], np.diag([4, 4])])
    assert score_seeds([confusions])["uar"] == score_seeds([10 * confusions])["uar"]


def test_a_class_that_a_resample_misses_does_not_count_as_zero():
    confusions = np.array([[[5, 0], [0, 0]], [[0, 0], [0, 5]]])  # a speaker has one class each
    score = score_seeds([confusions])["uar"]
    assert score.low == score.high == score.mean == 100


def test_the_interval_over_many_single_utterances_is_a_binomials():
    """Also where groups are alike, which are then drawn by their kind."""
    utterances, known = 400, 300
    right = np.arange(utterances) % 4 > 0
    confusions = np.zeros((utterances, 2, 2), dtype=int)
    confusions[right, 0, 0] = confusions[~right, 0, 1] = 1
    score = score_seeds([confusions, confusions])["wa"]
    drawn = np.random.default_rng(5).binomial(utterances, known / utterances, 20_000) / utterances
    low, high = np.percentile(100 * drawn, (2.5, 97.5))
    assert score.mean == 75
    assert score.low == pytest.approx(low, abs=0.6)
    assert score.high == pytest.approx(high, abs=0.6)
