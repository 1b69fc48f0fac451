"""Files that are not as long as they claim: each is refused with a sentence, or decoded whole."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from featx.data.audio import AudioError, count_samples, read_channels

RATE = 16_000
NOISE = 0.1 * np.random.default_rng(0).standard_normal(RATE)
KINDS = [  # libsndfile's format and type, and the ending
    ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "IMA_ADPCM"), ("WAVEX", "PCM_24"),
    ("RF64", "PCM_16"), ("W64", "PCM_16"), ("W64", "DOUBLE"), ("AIFF", "PCM_16"),
    ("AIFF", "FLOAT"), ("AIFF", "ULAW"), ("AU", "PCM_16"), ("AU", "G721_32"), ("CAF", "PCM_16"),
    ("CAF", "ALAC_16"), ("NIST", "PCM_16"), ("NIST", "ALAW"), ("VOC", "PCM_16"),
    ("SVX", "PCM_16"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
]  # fmt: skip
UNCHECKABLE = [("PAF", "PCM_16"), ("PVF", "PCM_16"), ("MAT4", "FLOAT"), ("WVE", "ALAW")]


def content_of(form: str, subtype: str, samples: np.ndarray = NOISE, rate: int = RATE) -> bytes:
    written = io.BytesIO()
    soundfile.write(written, samples, rate, subtype, format=form)
    return written.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(content: bytes, ending: str = "wav") -> Path:
        path = tmp_path / f"a.{ending}"
        path.write_bytes(content)
        return path

    return write


def refusal(path: Path) -> str:
    with pytest.raises(AudioError) as caught:
        read_channels(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(("form", "subtype"), KINDS)
def test_whole_files_are_decoded_and_cut_ones_refused(file, form, subtype):
    content = content_of(form, subtype)
    whole = file(content, form.lower())
    assert RATE <= count_samples(whole) == len(read_channels(whole)[0])
    for size in (-1, -37, int(0.97 * len(content)), len(content) // 3):
        refusal(file(content[:size], form.lower()))


@pytest.mark.parametrize(("form", "subtype"), KINDS)
def test_joined_files_are_refused(file, form, subtype):
    content = content_of(form, subtype)
    other = content_of(form, subtype, NOISE[: RATE // 2])
    for joined in (content + content, content + other, other + content):
        assert "joined" in refusal(file(joined, form.lower()))


@pytest.mark.parametrize(("form", "subtype"), UNCHECKABLE)
def test_formats_whose_length_nobody_can_check_are_refused_with_the_cure(file, form, subtype):
    content = content_of(form, subtype, rate=8_000)
    assert "convert it: ffmpeg -i a." in refusal(file(content, form.lower()))


def test_the_ending_of_a_name_does_not_matter(file):
    np.testing.assert_array_equal(
        read_channels(file(content_of("FLAC", "PCM_16"), "wav"))[0],
        read_channels(file(content_of("FLAC", "PCM_16"), "flac"))[0],
    )


def test_a_wav_named_as_audio_without_a_header_is_refused(file):
    assert refusal(file(content_of("WAV", "PCM_16"), "raw")).startswith("its name ends in .raw")


def changed(content: bytes, at: int, form: str, *values: int) -> bytes:
    head = bytearray(content)
    struct.pack_into(form, head, at, *values)
    return bytes(head)


@pytest.mark.parametrize(
    ("at", "form", "value", "words"),
    [
        (22, "<H", 2, "2 channels of 16 bits are 4 bytes a sample, and it says 2"),
        (22, "<H", 0, "0 channels of 16 bits are 0 bytes"),
        (32, "<H", 4, "1 channels of 16 bits are 2 bytes a sample, and it says 4"),
        (34, "<H", 24, "1 channels of 24 bits are 3 bytes a sample, and it says 2"),
        (24, "<I", 44_100, "44100 samples of 2 bytes a second are 88200 bytes, and it says 32000"),
        (28, "<I", 16_000, "16000 samples of 2 bytes a second are 32000 bytes, and it says 16000"),
        (40, "<I", 1000, "31000 bytes follow what it accounts for"),
        (40, "<I", 0, "32000 bytes follow what it accounts for"),
        (40, "<I", 40_000, "truncated, 32000 bytes of audio where the header promises 40000"),
    ],
)
def test_wav_headers_that_contradict_themselves_are_refused(file, at, form, value, words):
    assert words in refusal(file(changed(content_of("WAV", "PCM_16"), at, form, value)))


@pytest.mark.parametrize(
    ("form", "at", "value"),
    [
        ("AU", 8, 1000), ("AU", 4, 28), ("AU", 20, 3), ("AIFF", 22, 1000), ("AIFF", 22, 40_000),
    ],
)  # fmt: skip
def test_other_headers_that_contradict_themselves_are_refused(file, form, at, value):
    content = changed(content_of(form, "PCM_16"), at, ">I", value)
    assert "header" in refusal(file(content, form.lower()))


@pytest.mark.parametrize(
    ("at", "mask", "words"),
    [
        (25, 0x40, "its frames end at sample 16000, its header promises"),
        (24, 0x20, "its frames end at sample 16000, its header promises"),
        (22, 0x80, "its frames end at sample 16000, its header promises"),
        (18, 0x04, "rate 32384, its frames say 16000"),
        (20, 0x02, "channels 2, its frames say 1"),
        (21, 0x80, "bits 8, its frames say 16"),
    ],
)
def test_flac_headers_are_held_against_the_frames(file, at, mask, words):
    content = bytearray(content_of("FLAC", "PCM_16"))
    content[at] ^= mask
    assert words in refusal(file(bytes(content), "flac"))


def pages(content: bytes) -> list[bytes]:
    found = []
    while content:
        size = 27 + content[26] + sum(content[27 : 27 + content[26]])
        found.append(content[:size])
        content = content[size:]
    return found


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_an_ogg_without_a_page_or_with_a_damaged_page_is_refused(file, subtype):
    whole = pages(content_of("OGG", subtype, np.tile(NOISE, 5)))
    assert len(whole) > 5
    for number in range(2, len(whole)):
        words = refusal(file(b"".join(whole[:number] + whole[number + 1 :]), "ogg"))
        assert ("pages are missing" if number < len(whole) - 1 else "truncated") in words
        damaged = bytearray(whole[number])
        damaged[len(damaged) // 2] ^= 1
        words = refusal(file(b"".join([*whole[:number], damaged, *whole[number + 1 :]]), "ogg"))
        assert words.startswith(f"damaged, the sum of its page {number} is wrong")
    swapped = [*whole[:3], whole[4], whole[3], *whole[5:]]
    assert "pages are missing or repeated" in refusal(file(b"".join(swapped), "ogg"))


def test_the_frames_of_an_mp3_are_counted(file):
    content = content_of("MP3", "MPEG_LAYER_III")
    at = content.index(b"Xing") if b"Xing" in content else content.index(b"Info")
    for place in (at + 11, at + 17, at + 50, at + 141):  # frames, bytes, table, delay and padding
        damaged = bytearray(content)
        damaged[place] ^= 0x40
        assert "damaged" in refusal(file(bytes(damaged), "mp3"))
    frame = content.index(content[:2], len(content) // 2)
    assert "damaged" in refusal(file(content[:frame] + bytes(50) + content[frame:], "mp3"))


@pytest.mark.parametrize("form", ["WAV", "AIFF", "MP3", "FLAC"])
def test_tags_and_padding_behind_audio_are_no_flaw(file, form):
    subtype = "MPEG_LAYER_III" if form == "MP3" else "PCM_16"
    content = content_of(form, subtype)
    for rest in (b"TAG".ljust(128, b"\0"), bytes(512) if form != "FLAC" else b""):
        np.testing.assert_allclose(
            read_channels(file(content + rest, form.lower()))[0],
            read_channels(file(content, form.lower()))[0],
            atol=1e-6,
        )


def test_chunks_around_the_audio_of_a_wav_are_no_flaw(file):
    content = content_of("WAV", "PCM_16", NOISE[:-1].clip(-1, 1))
    note = b"LIST\x05\0\0\0INFOx\0"
    for parts in ((content[:36], note, content[36:]), (content, note), (content, note[:-1])):
        assert len(read_channels(file(b"".join(parts)))[0]) == RATE - 1


def test_a_header_that_gives_no_length_is_refused_with_the_cure(file):
    content = content_of("NIST", "PCM_16").replace(b"sample_count -i ", b"sample_cound -i ")
    assert "convert it: ffmpeg -i a.nist a.wav" in refusal(file(content, "nist"))
    shortened = content_of("NIST", "PCM_16").replace(b"-s3 pcm", b"-s26 pcm,embedded-shorten-v2.00")
    assert "unpack it with sph2pipe" in refusal(file(shortened, "nist"))


@pytest.mark.parametrize("rate", [1, 999, 800_000, 4_000_000])
def test_absurd_rates_are_refused(file, rate):
    content = changed(content_of("WAV", "PCM_16"), 24, "<II", rate, 2 * rate)
    assert f"its rate is {rate} Hz" in refusal(file(content))


def test_too_many_channels_are_refused(file):
    wide = content_of("WAV", "PCM_16", np.tile(NOISE[:100, None], (1, 65)))
    assert "65 channels" in refusal(file(wide))


def test_what_was_read_of_a_file_is_read_anew_when_it_changes(file):
    assert count_samples(file(content_of("WAV", "PCM_16"))) == RATE
    assert count_samples(file(content_of("WAV", "PCM_16", NOISE[:100]))) == 100
    assert "text" in refusal(file(b"no audio"))


@pytest.mark.parametrize("size", [2**62, 2**63 - 1, 2**63 - 7])
def test_a_size_beyond_what_a_file_can_be_ends_in_no_traceback(file, size):
    content = content_of("W64", "PCM_16")
    at = content.index(b"data") + 16
    path = file(content[:at] + struct.pack("<q", size) + content[at + 8 :])
    assert len(read_channels(path)[0]) == RATE  # as of a recorder that can't seek back
