"""Pooled features as scikit-learn takes them."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score

import featx
from cache import FeatureStore
from featx.errors import FeatxError

STORE = Path("features/manifest/tiny")


def test_rows_are_those_of_the_manifest(extracted):
    pooled = featx.pooled_features()
    store, manifest = FeatureStore(STORE), featx.load_manifest(Path("manifest.csv"))
    assert pooled.labels.tolist() == [u.label for u in manifest.utterances]
    assert pooled.speakers.tolist() == [u.speaker for u in manifest.utterances]
    for row, utterance in zip(pooled.features, manifest.utterances, strict=True):
        own = store.read(utterance.utterance).astype(np.float64)
        expected = np.concatenate([own.mean(1).ravel(), own.std(1).ravel()])
        np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-5)
    means = featx.pooled_features(store, layers=[0, 2], pooling="mean")
    dim = store.layout.dim
    np.testing.assert_array_equal(means.features[:, dim:], pooled.features[:, 2 * dim : 3 * dim])


def test_scikit_learn_takes_them(extracted):
    x, y, speakers = featx.pooled_features(STORE)
    scores = cross_val_score(
        LogisticRegression(max_iter=1000), x, y, groups=speakers, cv=GroupKFold(3)
    )
    assert len(scores) == 3


def test_utterances_without_features_are_refused(extracted):
    FeatureStore(STORE).forget(["sad-0-0"])
    with pytest.raises(FeatxError, match=r"no features of 1 of .*sad-0-0"):
        featx.pooled_features()
