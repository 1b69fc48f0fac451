"""Synthetic utterances in which one layer holds the signal."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from classifiers.batch import Branch, Examples, InMemory
from classifiers.cores import Crew
from classifiers.training import TrainingSettings

CLASSES, LAYERS, DIM = 3, 4, 6


@pytest.fixture
def make_examples() -> Callable[..., Examples]:
    """Make noise whose mean, in one layer of each store, follows the label."""

    def make(
        count: int, seed: int = 0, signal: float = 1.0, layer: int = 2, stores: int = 1
    ) -> Examples:
        generator = np.random.default_rng(seed)
        labels = np.arange(count) % CLASSES
        branches = []
        for _ in range(stores):
            features = []
            for label in labels:
                utterance = generator.standard_normal((LAYERS, generator.integers(3, 30), DIM))
                utterance[layer, :, label] += 2 * signal
                features.append(torch.from_numpy(utterance.astype(np.float16)))
            branches.append(Branch(InMemory(features)))
        return Examples(branches, labels)

    return make


@pytest.fixture
def cores():
    """One thread that computes."""
    with Crew(1) as crew:
        yield crew


@pytest.fixture
def quick() -> TrainingSettings:
    """A training that takes a second."""
    return TrainingSettings(learning_rate=1e-2, batch_size=8, epochs=30, patience=5, clip_value=1.0)
