import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from featx.data.audio import (
    SAMPLE_RATE,
    TIME_SLACK,
    AudioError,
    count_samples,
    duration,
    read_audio,
)
from featx.data.resample import resample

RATES = (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000)
LOSSLESS = [
    ("wav", "PCM_16"),
    ("wav", "PCM_24"),
    ("wav", "PCM_32"),
    ("wav", "FLOAT"),
    ("wav", "DOUBLE"),
    ("flac", "PCM_16"),
    ("flac", "PCM_24"),
]
LOSSY = [("ogg", "VORBIS"), ("mp3", "MPEG_LAYER_III")]
FREQUENCY = 440.0  # Hz
LENGTH = 6.3  # seconds


def sine(rate: int, seconds: float) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * FREQUENCY * np.arange(round(rate * seconds)) / rate)


def cut(path: Path, fraction: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(fraction * len(content))])
    return path


@pytest.fixture
def clip(tmp_path: Path):
    def write(name: str, samples: np.ndarray, rate: int = SAMPLE_RATE, **kwargs) -> Path:
        soundfile.write(tmp_path / name, samples, rate, **kwargs)
        return tmp_path / name

    return write


@pytest.fixture(scope="module")
def long_clips(tmp_path_factory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("clips")
    for rate in RATES:
        soundfile.write(folder / f"{rate}.flac", sine(rate, LENGTH), rate)
    return {rate: folder / f"{rate}.flac" for rate in RATES}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("suffix", "subtype"), LOSSLESS)
def test_a_sine_stays_that_sine(clip, suffix, subtype, rate):
    waveform = read_audio(clip(f"a.{suffix}", sine(rate, 0.7), rate, subtype=subtype))
    assert waveform.dtype == np.float32
    assert waveform.shape == (round(0.7 * SAMPLE_RATE),)
    middle = slice(200, -200)  # resampling sees silence beyond the ends
    np.testing.assert_allclose(waveform[middle], sine(SAMPLE_RATE, 0.7)[middle], atol=1.5e-3)


@pytest.mark.parametrize(
    ("suffix", "subtype", "rate"),
    [(*kind, rate) for kind in LOSSY for rate in RATES if kind[0] != "mp3" or rate <= 48_000],
)
def test_a_compressed_sine_keeps_its_place(clip, suffix, subtype, rate):
    path = clip(f"a.{suffix}", sine(rate, 0.7), rate, subtype=subtype)
    waveform = read_audio(path)
    assert len(waveform) == count_samples(path) == round(0.7 * SAMPLE_RATE)
    middle = slice(1000, -1000)
    np.testing.assert_allclose(waveform[middle], sine(SAMPLE_RATE, 0.7)[middle], atol=0.06)


@pytest.mark.parametrize(("suffix", "subtype"), LOSSLESS + LOSSY)
def test_a_segment_is_that_part_of_the_file(clip, suffix, subtype):
    noise = 0.2 * np.random.default_rng(0).standard_normal(3 * SAMPLE_RATE)
    path = clip(f"a.{suffix}", noise, subtype=subtype)
    whole = read_audio(path)
    np.testing.assert_array_equal(read_audio(path, 1.1, 2.3), whole[17_600:36_800])
    np.testing.assert_array_equal(read_audio(path, start=2.9), whole[46_400:])
    np.testing.assert_array_equal(read_audio(path, end=0.1), whole[:1_600])


@given(
    rate=st.sampled_from(RATES),
    start=st.none() | st.floats(0, LENGTH),
    end=st.none() | st.floats(0, LENGTH + TIME_SLACK),
)
@settings(deadline=None)
def test_samples_are_counted_as_they_are_read(long_clips, rate, start, end):
    path = long_clips[rate]
    length = round((LENGTH if end is None else min(end, LENGTH)) * rate) - round(
        (start or 0) * rate
    )
    assume(length > 0)
    assert count_samples(path, start, end) == len(read_audio(path, start, end))


@given(rate=st.sampled_from(RATES), samples=st.integers(1, 2**21))
@example(rate=44_100, samples=220_828)  # where torchaudio's own float32 count is one short
@settings(deadline=None, max_examples=50)
def test_resampling_never_loses_a_sample(rate, samples):
    resampled = resample(np.zeros(samples, np.float32), rate, SAMPLE_RATE)
    assert len(resampled) == -(-samples * SAMPLE_RATE // rate)


def test_channels_are_averaged(clip):
    left, right = np.full(1600, 0.5), np.full(1600, -0.25)
    waveform = read_audio(clip("a.wav", np.stack([left, right], axis=1), subtype="FLOAT"))
    np.testing.assert_array_equal(waveform, np.full(1600, 0.125, np.float32))


def test_floats_are_not_clipped(clip):
    assert read_audio(clip("a.wav", np.full(1600, 1.5), subtype="FLOAT")).max() == 1.5


def test_duration_is_in_seconds(clip):
    assert duration(clip("a.wav", sine(44_100, 0.5), 44_100)) == 0.5


@pytest.mark.parametrize("use", [read_audio, count_samples])
@pytest.mark.parametrize(
    ("start", "end"),
    [(2.0, None), (-0.1, 0.5), (0.5, 0.5), (0.6, 0.5), (0.5, 1.02), (float("nan"), 0.5)],
)
def test_segments_outside_are_refused(clip, use, start, end):
    with pytest.raises(AudioError, match=r"a\.wav: segment .* lies outside its 1\.000 s"):
        use(clip("a.wav", sine(SAMPLE_RATE, 1.0)), start, end)


@pytest.mark.parametrize("use", [read_audio, count_samples])
@pytest.mark.parametrize(("start", "end"), [(0.5, 0.50001), (1.003, 1.005)])
def test_segments_without_a_sample_are_refused(clip, use, start, end):
    with pytest.raises(AudioError, match="holds no sample at 16000 Hz"):
        use(clip("a.wav", sine(SAMPLE_RATE, 1.0)), start, end)


def test_times_may_be_rounded(clip):
    path = clip("a.wav", sine(SAMPLE_RATE, 1.0))
    assert len(read_audio(path, 0.5, 1.009)) == count_samples(path, 0.5, 1.009) == 8_000


@pytest.mark.parametrize("use", [read_audio, count_samples])
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_empty_files_are_refused(clip, use, suffix):
    with pytest.raises(AudioError, match=r"empty, no (samples|bytes)"):
        use(clip(f"a.{suffix}", np.zeros(0)))


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.99])
@pytest.mark.parametrize(("suffix", "subtype"), LOSSLESS + LOSSY)
def test_truncated_files_are_refused(clip, suffix, subtype, fraction):
    noise = 0.1 * np.random.default_rng(0).standard_normal(4 * SAMPLE_RATE)
    path = cut(clip(f"a.{suffix}", noise, subtype=subtype), fraction)
    with pytest.raises(AudioError, match=r"a\.\w+: (truncated|can't be decoded|not a readable)"):
        read_audio(path)


def test_a_wav_header_that_counts_itself_is_accepted(clip):
    path = clip("a.wav", sine(SAMPLE_RATE, 1.0), subtype="PCM_16")
    content = path.read_bytes()
    size = content.index(b"data") + 4
    path.write_bytes(content[:size] + (32_000 + 44).to_bytes(4, "little") + content[size + 4 :])
    assert len(read_audio(path)) == SAMPLE_RATE


def test_a_wav_recorded_to_a_pipe_is_accepted(clip):
    path = clip("a.wav", sine(SAMPLE_RATE, 1.0), subtype="PCM_16")
    content = path.read_bytes()
    size = content.index(b"data") + 4
    path.write_bytes(content[:size] + b"\xff\xff\xff\xff" + content[size + 4 :])
    assert len(read_audio(path)) == SAMPLE_RATE


def test_a_flac_recorded_to_a_pipe_is_refused_with_the_cure(clip):
    path = clip("a.flac", sine(SAMPLE_RATE, 1.0))
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # the total number of samples: the last 36 bits before the checksum
    content[22:26] = bytes(4)
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"no length; convert it: ffmpeg -i a\.flac a\.wav"):
        count_samples(path)


@pytest.mark.parametrize("tag", [b"", b"ID3\x04\x00\x00\x00\x00\x02\x0a" + bytes(266)])
def test_an_mp3_without_its_length_is_refused_with_the_cure(clip, tag):
    path = clip("a.mp3", 0.1 * np.random.default_rng(0).standard_normal(SAMPLE_RATE))
    content = path.read_bytes()
    path.write_bytes(tag + content)
    assert len(read_audio(path)) == SAMPLE_RATE
    second = re.search(re.escape(content[:2]), content[50:])
    path.write_bytes(tag + content[50 + second.start() :])
    with pytest.raises(AudioError, match=r"without its length; convert it: ffmpeg -i a\.mp3"):
        count_samples(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(clip, value):
    samples = sine(SAMPLE_RATE, 0.5)
    samples[100] = value
    with pytest.raises(AudioError, match="not finite"):
        read_audio(clip("a.wav", samples, subtype="FLOAT"))


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.raw"])
def test_files_that_are_not_audio_are_refused(tmp_path, name):
    (tmp_path / name).write_text("no audio here\n")
    with pytest.raises(
        AudioError, match=rf"{name}: not a readable audio file but text: 'no audio here'"
    ):
        duration(tmp_path / name)


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(AudioError, match="no such file"):
        duration(tmp_path / "a.wav")
    with pytest.raises(AudioError, match="not a readable audio file"):
        duration(tmp_path)
