"""Silhouettes are scikit-learn's, and their intervals those of leaving speakers out."""

import numpy as np
import pytest
from scipy.stats import t
from sklearn.metrics import silhouette_score

from featx.layer_analysis.maps.silhouettes import PARTS, find_silhouette, measure_distances

UTTERANCES = 120


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(3).standard_normal((UTTERANCES, 5))


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("count", [2, 3, 17, 90])  # of 90 groups, some have a single utterance
def test_it_is_the_silhouette_of_scikit_learn(features, metric, count):
    groups = np.arange(UTTERANCES) % count
    features[groups == 1] += 1
    found = find_silhouette(measure_distances(features, metric), groups, None)
    assert found.mean == pytest.approx(silhouette_score(features, groups, metric=metric), abs=1e-12)
    assert found.low is found.high is None


def test_utterances_of_an_unknown_group_do_not_count(features):
    groups = np.arange(UTTERANCES) % 3
    known = np.arange(UTTERANCES) % 4 > 0
    found = find_silhouette(
        measure_distances(features, "cosine"), np.where(known, groups, -1), None
    )
    expected = silhouette_score(features[known], groups[known], metric="cosine")
    assert found.mean == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("speakers", [4, 59])  # of 59 speakers, some are left out at once
@pytest.mark.parametrize("by_speaker", [False, True])
def test_intervals_are_of_scores_without_each_speaker(features, speakers, by_speaker):
    speaker = np.arange(UTTERANCES) % speakers
    groups = speaker if by_speaker else np.arange(UTTERANCES) // 40
    found = find_silhouette(measure_distances(features, "cosine"), groups, speaker)
    parts = speaker % PARTS
    others = [
        silhouette_score(features[parts != part], groups[parts != part], metric="cosine")
        for part in np.unique(parts)
    ]
    count = len(others)
    error = np.sqrt((count - 1) / count * np.sum((others - np.mean(others)) ** 2))
    reach = t.ppf(0.975, count - 1) * error
    assert found.low == pytest.approx(found.mean - reach, abs=1e-9)
    assert found.high == pytest.approx(found.mean + reach, abs=1e-9)


def test_there_is_no_interval_where_a_speaker_makes_a_group(features):
    """Without the first speaker, there is nothing left to tell apart."""
    speaker = np.arange(UTTERANCES) % 2
    found = find_silhouette(measure_distances(features, "cosine"), speaker, speaker)
    assert found.low is found.high is None
    assert str(found) == f"{found.mean:.3f}".replace("-", "−")
