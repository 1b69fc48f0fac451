"""Augmentation as a whole: what is drawn, when it is the same, and its settings."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from featx.data.augmentation.augment import open_augmentation
from featx.data.augmentation.copies import Copies, digest_copy
from featx.data.augmentation.settings import EFFECTS, Augmentation, find_augmentation
from featx.errors import FeatxError
from featx.utils.config import ConfigError, shipped_names

VOICE = (0.1 * np.random.default_rng(0).standard_normal(20_000)).astype(np.float32)
NAMES = [f"u{number}" for number in range(12)]


@pytest.fixture
def mixed():
    return open_augmentation(find_augmentation("augment", "mixed"))


@pytest.fixture
def recorded(tmp_path):
    """Noises and rooms of another rate; so many samples are resampled to other bits on 3 cores."""
    noise = np.random.default_rng(1).standard_normal(8_820)
    soundfile.write(tmp_path / "short.wav", 0.1 * noise, 44_100)
    folder = {"probability": 1, "folder": tmp_path}
    return open_augmentation(Augmentation(noise={**folder, "snr": [5, 5]}, room=folder))


@pytest.mark.parametrize("augmentation", ["mixed", "recorded"])
def test_it_repeats_to_the_last_bit_in_any_order_and_on_any_number_of_threads(
    augmentation, request
):
    augmenter = request.getfixturevalue(augmentation)

    def change(name: str) -> bytes:
        return augmenter.change(VOICE, name, (0, 3)).waveform.tobytes()

    alone = [change(name) for name in NAMES]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(change, reversed(NAMES)))
    assert together[::-1] == alone
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert [change(name) for name in NAMES] == alone
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_every_utterance_epoch_and_seed_is_changed_in_its_own_way(mixed):
    other = open_augmentation(mixed.settings.model_copy(update={"seed": 1}))
    drawn = [
        augmenter.change(VOICE, name, version).words
        for augmenter in (mixed, other)
        for name in NAMES
        for version in ((0, 1), (0, 2), (1, 1), (1,))
    ]
    assert len(set(drawn)) > 0.8 * len(drawn)


def test_probabilities_are_kept():
    table = {"probability": 0.25, "decibels": [3, 6]}
    augmenter = open_augmentation(Augmentation(gain=table))
    done = [bool(augmenter.change(VOICE, f"u{n}", (1,)).words) for n in range(2_000)]
    assert np.mean(done) == pytest.approx(0.25, abs=0.04)
    never = open_augmentation(Augmentation(gain={**table, "probability": 0}))
    assert never.change(VOICE, "u", (1,)).waveform is VOICE


def test_an_effect_draws_the_same_whatever_others_there_are(mixed):
    noise = mixed.settings.noise
    alone = open_augmentation(Augmentation(noise=noise))
    for name in NAMES:
        words = alone.change(VOICE, name, (1,)).words
        assert words in mixed.change(VOICE, name, (1,)).words


@pytest.mark.parametrize("name", shipped_names("augmentation"))
def test_shipped_presets_can_be_used(name):
    augmenter = open_augmentation(find_augmentation("augment", name))
    assert augmenter.settings.effects == [e for e in EFFECTS if e in augmenter.effects]
    lengths = [augmenter.length(len(VOICE), name, (1,)) for name in NAMES]
    assert lengths == [len(augmenter.change(VOICE, name, (1,)).waveform) for name in NAMES]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"nothing is augmented; give one or more of \[speed\]"),
        ("[nose]\nprobability = 1", "nose: unknown key; did you mean 'noise'"),
        ("[noise]\nsnr = [0, 1]", r"noise\.probability: Field required"),
        ("[noise]\nprobability = 1\nsnr = [9, 1]", "the lower value comes first"),
        ("[noise]\nprobability = 1.5\nsnr = [0, 1]", "less than or equal to 1"),
        ("[noise]\nprobability = 1\nsnr = [0, nan]", "snr"),
        ("[speed]\nprobability = 1\nfactor = [0, 1]", "greater than or equal to 0.5"),
        ("[room]\nprobability = 1", r"room\.folder: Field required"),
    ],
)
def test_settings_that_mean_nothing_are_refused(tmp_path, text, message):
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        find_augmentation("augment", path)


def test_a_preset_that_is_not_there_is_named():
    with pytest.raises(FeatxError, match="did you mean 'noise'"):
        find_augmentation("augment", "nois")
    with pytest.raises(FeatxError, match="can't be read"):
        find_augmentation("augment", Path("none.toml"))


def test_copies_differ_from_each_other_also_in_their_digests(mixed):
    copies = Copies(mixed, 3)
    names = [name for utterance in NAMES for name in copies.names(utterance)]
    assert len({copies.change(VOICE, name).tobytes() for name in names}) > 0.8 * len(names)
    assert len({digest_copy(8, name) for name in names}) == len(names)
    assert digest_copy(9, "a~1") & 1
    assert not digest_copy(8, "a~1") & 1
