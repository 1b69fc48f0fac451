"""Any rate becomes 16 kHz, in a memory that does not depend on the rate."""

import math
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from featx.data import resample as resampling
from featx.data.audio import LARGEST, AudioError, count_samples, read_audio, to_waveform
from featx.data.resample import filter_size, resample

USUAL = (8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 37_800, 44_100, 48_000, 88_200, 96_000,
         176_400, 192_000)  # fmt: skip
UNUSUAL = (1_001, 7_999, 12_345, 15_999, 16_001, 22_254, 22_255, 44_056, 47_952, 383_999, 767_999)


def sine(rate: int, seconds: float, frequency: float = 300.0) -> np.ndarray:
    times = np.arange(round(rate * seconds)) / rate
    return (0.5 * np.sin(2 * np.pi * frequency * times)).astype(np.float32)


@pytest.mark.parametrize("rate", USUAL)
def test_usual_rates_are_resampled_by_torchaudio(rate, monkeypatch):
    """The features of stores that exist stay what they are, to the bit."""
    monkeypatch.setattr(resampling, "_by_soxr", lambda *_: pytest.fail("by soxr"))
    from torchaudio.transforms import Resample

    wave = sine(rate, 0.5)
    padded = np.pad(wave, (0, rate // math.gcd(rate, 16_000)))
    expected = Resample(rate, 16_000)(torch.from_numpy(padded))[:8_000]
    np.testing.assert_array_equal(resample(wave, rate, 16_000), expected.numpy())


@pytest.mark.parametrize("rate", USUAL + UNUSUAL)
def test_a_sine_stays_that_sine(rate):
    wave = resample(sine(rate, 0.7), rate, 16_000)
    assert wave.dtype == np.float32
    middle = slice(1_000, 10_000)  # resampling sees silence beyond the ends
    np.testing.assert_allclose(wave[middle], sine(16_000, 0.7)[middle], atol=2e-3)


@pytest.mark.parametrize("rate", UNUSUAL)
def test_unusual_rates_do_not_need_torchaudio_and_its_tables(rate, monkeypatch):
    monkeypatch.setattr(resampling, "_by_torchaudio", lambda *_: pytest.fail("by torchaudio"))
    assert filter_size(rate, 16_000) > 2**20
    assert len(resample(sine(rate, 0.2), rate, 16_000)) == -(-round(rate * 0.2) * 16_000 // rate)


@given(rate=st.integers(1_000, 768_000), samples=st.integers(1, 50_000))
@example(rate=767_999, samples=1)
@example(rate=1_001, samples=1)
@settings(deadline=None, max_examples=40)
def test_no_rate_loses_a_sample(rate, samples):
    resampled = resample(np.zeros(samples, np.float32), rate, 16_000)
    assert len(resampled) == -(-samples * 16_000 // rate)
    assert not resampled.any()


def test_the_two_resamplers_agree_where_both_pass_everything():
    wave = np.random.default_rng(0).standard_normal(44_100).astype(np.float32)
    ours, theirs = (
        by(wave, 44_100, 16_000)[1_000:15_000]
        for by in (resampling._by_torchaudio, resampling._by_soxr)
    )
    window = np.hanning(14_000)
    ours, theirs = (np.abs(np.fft.rfft(w * window))[:5_250] for w in (ours, theirs))  # 6 kHz
    assert np.linalg.norm(ours - theirs) < 10 ** (-45 / 20) * np.linalg.norm(ours)


def test_the_largest_segment_is_bounded(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros((48_000, 8)), 192_000)
    monkeypatch.setattr("featx.data.audio.LARGEST", 48_000 * 8)
    assert len(read_audio(path)) == 4_000
    monkeypatch.setattr("featx.data.audio.LARGEST", 48_000 * 8 - 1)
    with pytest.raises(AudioError, match=r"8 channels at 192000 Hz are too much .*-ar 16000 -ac 1"):
        read_audio(path)
    assert len(read_audio(path, 0.1, 0.2)) == count_samples(path, 0.1, 0.2) == 1_600
    assert LARGEST == 2**28


def test_what_becomes_too_long_at_16_khz_is_bounded_too(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(2_000), 1_000)
    monkeypatch.setattr("featx.data.audio.LARGEST", 31_999)
    with pytest.raises(AudioError, match="too much to decode at once"):
        read_audio(path)


@pytest.mark.parametrize("place", ["soundfile.read", "featx.data.resample.resample"])
@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")]
)
def test_memory_that_runs_out_is_the_files_failure(tmp_path, monkeypatch, place, error):
    def fail(*_: object, **__: object) -> None:
        raise error

    if place == "soundfile.read" and isinstance(error, RuntimeError):
        pytest.skip("torch alone raises it")
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(800), 8_000)
    monkeypatch.setattr(place, fail)
    with pytest.raises(AudioError, match=r"a\.wav: memory ran out"):
        read_audio(path)


def test_other_errors_of_torch_are_not_hidden(monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("featx.data.resample.resample", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        to_waveform(np.zeros((10, 1), np.float32), 8_000)


@pytest.mark.thorough
def test_under_a_limit_of_memory_one_file_fails_and_the_next_is_read(tmp_path: Path):
    soundfile.write(tmp_path / "long.wav", np.zeros((20_000_000, 1), np.int16), 22_254)
    soundfile.write(tmp_path / "short.wav", np.zeros(22_254, np.int16), 22_254)
    script = """
        import resource, sys
        from pathlib import Path
        from featx.data.audio import AudioError, read_audio
        read_audio(Path("short.wav"))
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 100_000_000,) * 2)
        try:
            read_audio(Path("long.wav"))
        except AudioError as error:
            print(error)
        print(len(read_audio(Path("short.wav"))))
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first.startswith("long.wav: memory ran out")
    assert second == "16000"
