"""Examples, batches and the order they come in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st

from featx.data.manifest import Utterance
from featx.errors import FeatxError
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.training.waveforms import (
    Order,
    Waveforms,
    check_decodable,
    check_usable,
    collate,
)

lengths = st.lists(st.integers(400, 90_000), min_size=1, max_size=200)


@given(lengths, st.integers(1, 16), st.integers(0, 5), st.integers(0, 5))
def test_an_order_has_every_utterance_once_and_follows_from_seed_and_epoch(
    samples, batch, seed, epoch
):
    order = Order(samples, batch, seed)
    order.epoch = epoch
    first = list(order)
    assert sorted(first) == list(range(len(samples)))
    assert list(order) == first
    torch.rand(3)  # whatever else draws
    again = Order(samples, batch, seed)
    again.epoch = epoch
    assert list(again) == first


def test_epochs_and_seeds_differ():
    orders = []
    for seed in range(2):
        for epoch in range(2):
            order = Order([400] * 50, None, seed)
            order.epoch = epoch
            orders.append(tuple(order))
    assert len(set(orders)) == 4


@given(st.integers(0, 20))
def test_grouping_saves_padding_and_begins_with_the_longest(seed):
    samples = np.random.default_rng(seed).integers(400, 90_000, 400).tolist()

    def padded(batch):
        order = list(Order(samples, batch, seed))
        groups = [order[n : n + 4] for n in range(0, 400, 4)]
        return sum(4 * max(samples[index] for index in group) for group in groups)

    assert padded(8) < 0.8 * padded(None)
    assert padded(8) < 1.1 * sum(samples)
    first = list(Order(samples, 8, seed))[:8]
    assert max(samples) in [samples[index] for index in first]


def test_waveforms_are_prepared_cut_and_padded(tmp_path, checkpoint_folder):
    utterances = []
    for n, count in enumerate((8_000, 4_000)):
        path = tmp_path / f"{n}.wav"
        soundfile.write(path, 0.3 + 0.1 * np.random.default_rng(n).standard_normal(count), 16_000)
        utterances.append(Utterance(str(n), path, "s", "sad"))
    data = Waveforms(utterances, np.array([2, 0]), load_extractor(checkpoint_folder), 0.4)
    assert data.samples == [6_400, 4_000]
    batch = collate([data[0], data[1]])
    assert batch["waveforms"].shape == (2, 6_400)
    assert batch["samples"] == [6_400, 4_000]
    assert batch["labels"].tolist() == [2, 0]
    assert not batch["waveforms"][1, 4_000:].any()
    for row, count in enumerate(batch["samples"]):  # normalised as the checkpoint asks, each alone
        real = batch["waveforms"][row, :count]
        assert abs(float(real.mean())) < 1e-4
        assert float(real.std()) == pytest.approx(1, abs=1e-3)


def test_unusable_utterances_are_all_named(tmp_path):
    soundfile.write(tmp_path / "short.wav", np.zeros(399), 16_000)
    soundfile.write(tmp_path / "fine.wav", np.zeros(400), 16_000)
    names = ("short", "fine", "absent")
    utterances = [Utterance(name, tmp_path / f"{name}.wav", "s", "sad") for name in names]
    with pytest.raises(FeatxError) as error:
        check_usable(utterances, 400)
    message = str(error.value)
    assert message.startswith("2 of 3 utterances can't be used")
    assert "short: 399 samples, the encoder needs 400" in message
    assert "absent.wav: no such file" in message


def test_samples_are_divided_by_the_scale_of_the_manifest(tmp_path, checkpoint_folder):
    whole = np.round(3_000 * np.random.default_rng(0).standard_normal(8_000))
    paths = tmp_path / "whole.wav", tmp_path / "right.wav"
    soundfile.write(paths[0], whole, 16_000, "FLOAT")
    soundfile.write(paths[1], whole.astype(np.int16), 16_000, "PCM_16")
    unscaled = Utterance("a", paths[0], "s", "sad")
    with pytest.raises(FeatxError, match=r"1 of 1 utterances can't be used:\n.*`scale=32768`"):
        check_decodable([unscaled])
    utterances = [replace(unscaled, scale=32_768.0), Utterance("b", paths[1], "s", "sad")]
    check_decodable(utterances)
    data = Waveforms(utterances, np.array([0, 0]), load_extractor(checkpoint_folder))
    np.testing.assert_array_equal(data[0]["waveform"], data[1]["waveform"])


def test_files_for_which_memory_runs_out_are_named(tmp_path, monkeypatch):
    paths = [tmp_path / f"{n}.wav" for n in range(3)]
    for path in paths:
        soundfile.write(path, np.zeros(400), 16_000)
    original = soundfile.read

    def read(path: Path, **options: object) -> object:
        if path == paths[1]:
            raise MemoryError
        return original(path, **options)

    monkeypatch.setattr(soundfile, "read", read)
    with pytest.raises(FeatxError, match=r"1 of 3 utterances .*\n.*1\.wav: memory ran out"):
        check_decodable([Utterance(p.stem, p, "s", "sad") for p in paths])
