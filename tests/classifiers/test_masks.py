"""SpecAugment on features: what is masked, where, and never outside training."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import classifiers.masks
from classifiers.batch import Branch, Examples, InMemory, Input
from classifiers.cores import Crew, Worker
from classifiers.dense import DenseSettings
from classifiers.heads import HeadDesign, train_head
from classifiers.layer_average import LayerAverage
from classifiers.masks import MaskSettings, draw_mask
from classifiers.objectives import Classification
from classifiers.shape import InputShape
from classifiers.statistics import Statistics
from classifiers.training import TrainingSettings

TRAINED, VALIDATED = 12, 15  # frames, by which the parts are told apart
MASKS = MaskSettings(times=2, time_share=0.3, features=1, feature_share=0.5)


@given(
    count=st.integers(0, 3),
    share=st.floats(0.01, 0.99),
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=4),
    noise=st.integers(0, 2**32),
)
def test_whole_frames_or_features_are_masked_and_no_more_than_may_be(count, share, lengths, noise):
    given = Input([torch.ones(2, length, 10) for length in lengths])
    of_frames = MaskSettings(times=count, time_share=share)
    of_features = MaskSettings(features=count, feature_share=share)
    for settings, axis in ((of_frames, 1), (of_features, 0)):
        mask = draw_mask(settings, given, noise)
        assert torch.equal(mask, draw_mask(settings, given, noise))
        for own in mask.split(lengths):
            kept = own.mean(axis)
            assert set(kept.tolist()) <= {0, 1}
            assert (kept == 0).sum() <= count * int(share * len(kept))


def test_what_is_masked_is_the_mean_of_training():
    features = torch.randn(2, 5, 3)
    statistics = Statistics(features.mean(1)[None], features.std(1)[None])
    mask = torch.ones(5, 3)
    mask[1:3] = 0
    average = LayerAverage(2)
    given = Input([features], statistics.mean, statistics.deviation, mask)
    masked = average(given)
    whole = average(Input([features], statistics.mean, statistics.deviation))
    assert not masked[1:3].any()
    assert torch.equal(masked[[0, 3, 4]], whole[[0, 3, 4]])
    masked.sum().backward()
    assert average.raw.grad is not None


def test_other_noise_masks_other_places():
    given = Input([torch.ones(1, 100, 50)])
    drawn = [draw_mask(MASKS, given, noise) for noise in range(5)]
    assert len({mask.numpy().tobytes() for mask in drawn}) == 5


@pytest.mark.parametrize("wrong", [{"times": -1}, {"time_share": 0}, {"bands": 2}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValidationError):
        MaskSettings(**wrong)


def examples(frames: int, seed: int) -> Examples:
    random = torch.Generator().manual_seed(seed)
    tensors = [torch.randn(2, frames, 6, generator=random) for _ in range(40)]
    return Examples([Branch(InMemory(tensors))], np.arange(40) % 2)


def trained(cores: int, masks: MaskSettings | None) -> torch.Tensor:
    settings = DenseSettings(kind="dense", width=8, depth=1, dropout=0.2, weighting="absolute")
    training = TrainingSettings(
        learning_rate=0.01, batch_size=20, epochs=2, patience=5, clip_value=1.0, masks=masks
    )
    design = HeadDesign(settings, training, [InputShape(2, 6, 0.02)], Classification(2))
    with Crew(cores) as crew:
        found = train_head(design, examples(TRAINED, 0), examples(VALIDATED, 1), 0, Worker(crew))
    return torch.cat([value.flatten() for value in found.head.state_dict().values()])


def test_training_is_the_same_on_any_number_of_cores():
    first = trained(1, MASKS)
    assert torch.equal(first, trained(2, MASKS))
    assert not torch.equal(first, trained(1, None))
    assert torch.equal(trained(1, None), trained(1, MaskSettings()))


def test_nothing_is_masked_outside_training(monkeypatch):
    seen = []

    def poisoned(settings, given, noise):
        lengths = given.lengths.tolist()
        assert set(lengths) == {TRAINED}
        seen.extend(lengths)
        return draw_mask(settings, given, noise)

    monkeypatch.setattr(classifiers.masks, "draw_mask", poisoned)
    trained(2, MASKS)
    assert len(seen) == 2 * 40
