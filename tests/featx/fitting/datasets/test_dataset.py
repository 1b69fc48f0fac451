"""Stored features as PyTorch takes them, in this process and in workers."""

import os
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Subset

import featx
from cache import FeatureStore
from featx.errors import FeatxError
from featx.fitting.datasets.dataset import Example, FeatureDataset

STORE = Path("features/manifest/tiny")


class WithProcess(FeatureDataset):
    """Names the process that reads, and the one that opened the store."""

    def __getitem__(self, index: int) -> Example:
        found = super().__getitem__(index)
        assert self._opened is not None
        return found._replace(speaker=f"{os.getpid()} {self._opened[0]}")


def test_items_are_what_the_store_holds(extracted):
    dataset, store = featx.FeatureDataset(STORE, layers=[0, 2]), FeatureStore(STORE)
    rows = featx.load_manifest("manifest.csv").utterances
    assert len(dataset) == len(rows)
    assert dataset.classes == ["happy", "sad", "angry"]
    assert dataset.groups == [row.speaker for row in rows]
    assert dataset.layers == ["0", "2"]
    for found, row in zip((dataset[index] for index in range(len(rows))), rows, strict=True):
        expected = store.read(row.utterance)[[0, 2]].astype(np.float32)
        np.testing.assert_array_equal(found.features.numpy(), expected)
        assert (found.speaker, found.utterance) == (row.speaker, row.utterance)
        assert dataset.classes[found.target] == row.label


@pytest.mark.parametrize("way", ["fork", pytest.param("spawn", marks=pytest.mark.thorough)])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_workers_read_the_same_from_files_of_their_own(extracted, way):
    # a spawned process imports what is pickled, and can't import this module
    dataset = WithProcess(STORE) if way == "fork" else FeatureDataset(STORE)
    direct = {name: dataset[index].features for index, name in enumerate(dataset.utterances)}
    loader = DataLoader(
        dataset, 5, num_workers=2, multiprocessing_context=way, collate_fn=dataset.collate
    )
    seen, processes = set(), set()
    for batch in loader:
        for features, mask, name in zip(batch.features, batch.mask, batch.utterances, strict=True):
            assert torch.equal(features[:, mask], direct[name])
            assert not features[:, ~mask].any()
        seen |= set(batch.utterances)
        processes |= {tuple(text.split()) for text in batch.speakers}
    assert seen == set(direct)
    if way == "spawn":
        return
    assert len(processes) == 2
    assert all(reading == opened != str(os.getpid()) for reading, opened in processes)


def test_what_is_read_may_be_changed_and_torch_does_not_warn(extracted):
    dataset, before = featx.FeatureDataset(STORE), FeatureStore(STORE).read("sad-0-0").copy()
    index = dataset.utterances.index("sad-0-0")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset[index].features.zero_()
    np.testing.assert_array_equal(FeatureStore(STORE).read("sad-0-0"), before)


def test_it_stands_in_other_folders_and_pickles(extracted, tmp_path_factory, monkeypatch):
    dataset = featx.FeatureDataset(STORE)
    first = dataset[0].features
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert torch.equal(pickle.loads(pickle.dumps(dataset))[0].features, first)


def test_standardised_by_training_utterances_alone(extracted):
    plain = featx.FeatureDataset(STORE)
    training = [index for index, speaker in enumerate(plain.groups) if speaker < "s4"]
    frames = torch.cat([example.features for example in Subset(plain, training)], 1)
    own = plain.standardized(training)
    together = torch.cat([example.features for example in Subset(own, training)], 1)
    np.testing.assert_allclose(together.mean(1), 0, atol=1e-4)
    np.testing.assert_allclose(together.std(1, correction=0), 1, atol=1e-4)
    expected = (plain[len(plain) - 1].features - frames.mean(1)[:, None]) / frames.std(
        1, correction=0
    )[:, None]
    np.testing.assert_allclose(own[len(plain) - 1].features, expected, rtol=1e-3, atol=1e-4)
    assert torch.equal(plain[0].features, featx.FeatureDataset(STORE)[0].features)


def test_standardised_by_speaker(extracted, relabel):
    dataset = featx.FeatureDataset(STORE, normalize="speaker")
    for speaker in set(dataset.groups):
        spoken = [i for i, group in enumerate(dataset.groups) if group == speaker]
        frames = torch.cat([dataset[index].features for index in spoken], 1)
        np.testing.assert_allclose(frames.mean(1), 0, atol=1e-4)
        np.testing.assert_allclose(frames.std(1, correction=0), 1, atol=1e-4)
    relabel(lambda row: {**row, "speaker": ""})
    with pytest.raises(FeatxError, match=r"`normalize='speaker'`: the speaker of .* is unknown"):
        featx.FeatureDataset(STORE, normalize="speaker")


def test_what_cannot_be_used_is_refused(extracted):
    with pytest.raises(FeatxError, match=r"`indices=\[\]`"):
        featx.FeatureDataset(STORE).standardized([])
    with pytest.raises(FeatxError, match="`normalize='global'`"):
        featx.FeatureDataset(STORE, normalize="global")
    FeatureStore(STORE).forget(["sad-0-0"])
    with pytest.raises(FeatxError, match=r"no features of 1 of .*sad-0-0"):
        featx.FeatureDataset()
