"""The number of cores changes nothing: neither when weights are prepared nor when they are used."""

import numpy as np
import pytest
import torch

import featx
from cache import FeatureStore


@pytest.fixture
def cores():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_features_are_the_same_on_any_number_of_cores(
    workplace, write_corpus, checkpoint_folder, cores
):
    write_corpus(speakers=3)
    for count in (1, 2, 3):
        cores(count)
        featx.extract(checkpoint_folder, out=f"on{count}", batch_seconds=0.05)
    on_one, *others = (FeatureStore(f"on{count}") for count in (1, 2, 3))
    for store in others:
        for name in on_one.utterances:
            assert np.array_equal(on_one.read(name), store.read(name)), name
