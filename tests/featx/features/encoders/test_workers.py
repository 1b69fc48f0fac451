"""Encoders side by side give, in order, what one gives."""

import numpy as np
import pytest
import torch

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import CPU, Encoder
from featx.features.encoders.workers import EncoderWorkers


@pytest.fixture
def encoder(checkpoint_folder):
    return Encoder(find_checkpoint(str(checkpoint_folder)))


@pytest.fixture
def batches():
    draw = np.random.default_rng(0)
    return [
        (number, [draw.standard_normal(1_000 + 300 * number).astype(np.float32)] * (1 + number % 3))
        for number in range(9)
    ]


@pytest.mark.parametrize("cores", [1, 3])
def test_the_bits_are_the_same_however_many_cores(encoder, batches, monkeypatch, cores):
    monkeypatch.setattr(torch, "get_num_threads", lambda: cores)
    workers = EncoderWorkers(encoder, (CPU,), "float32")
    for (key, features), (number, waveforms) in zip(
        workers.encode(batches, "float32"), batches, strict=True
    ):
        assert key == number
        for actual, other in zip(features, encoder.encode(waveforms), strict=True):
            np.testing.assert_array_equal(actual, other)


def test_a_batch_that_could_not_be_read_is_empty(encoder):
    workers = EncoderWorkers(encoder, (CPU,), "float32")
    assert list(workers.encode([("nothing", [])], "float32")) == [("nothing", [])]


def test_other_errors_are_not_taken_for_a_lack_of_memory(encoder, batches, monkeypatch):
    def encode(*_):
        raise RuntimeError("something else")

    monkeypatch.setattr(Encoder, "encode", encode)
    workers = EncoderWorkers(encoder, (CPU,), "float32")
    with pytest.raises(RuntimeError, match="something else"):
        list(workers.encode(batches, "float32"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_gpu_gives_what_a_processor_gives(encoder, batches, precision):
    workers = EncoderWorkers(encoder, (torch.device("cuda", 0),), precision)
    for (_, features), (_, waveforms) in zip(
        workers.encode(batches, "float32"), batches, strict=True
    ):
        for actual, other in zip(features, encoder.encode(waveforms), strict=True):
            np.testing.assert_allclose(actual, other, atol=1e-5 if precision == "float32" else 0.1)


def test_memory_running_out_is_explained(encoder, batches, monkeypatch):
    def encode(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Encoder, "encode", encode)
    workers = EncoderWorkers(encoder, (CPU,), "float32")
    with pytest.raises(FeatxError, match=r"out of memory with a batch of 0.1 s.*`batch_seconds`"):
        list(workers.encode(batches, "float32"))
