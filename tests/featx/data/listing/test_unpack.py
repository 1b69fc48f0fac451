"""Sound out of films and tables: as long and as loud, complete or not at all."""

import os
import sys

import numpy as np
import pytest
import soundfile

from featx.data.listing.unpack import Packed, unpack_sounds
from featx.errors import FeatxError, Interrupted

RATE = 48_000  # Hz, of the films


def unpack_one(source, folder):
    return unpack_sounds([Packed("one", source)], 1, folder)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_films_sound_is_as_long_and_as_loud(tmp_path, channels, tone, write_film):
    sound = tone(1.0, channels)
    film = write_film(tmp_path / "film.mp4", sound)
    path = unpack_one(film, tmp_path / "out").paths["one"]
    heard, rate = soundfile.read(path, always_2d=True)
    assert (path.name[:4], path.suffix) == ("one-", ".flac")
    assert (rate, heard.shape[1]) == (RATE, channels)
    assert soundfile.info(path).subtype == "PCM_16"
    assert len(heard) == pytest.approx(RATE, abs=2_048)  # AAC codes whole frames of 1,024
    middle = heard[RATE // 4 : 3 * RATE // 4]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    assert list((tmp_path / "out").iterdir()) == [path]


@pytest.mark.parametrize("moov_first", [False, True])
def test_a_film_cut_short_is_a_failure_and_leaves_no_file(tmp_path, moov_first, tone, write_film):
    film = write_film(tmp_path / "film.mp4", tone(1.0), moov_first=moov_first)
    film.write_bytes(film.read_bytes()[:-2_000])
    unpacked = unpack_one(film, tmp_path / "out")
    assert not unpacked.paths
    assert "cut short" in unpacked.failures["one"]
    assert not list((tmp_path / "out").glob("*"))


def test_what_is_no_film_or_silent_does_not_stop_the_others(tmp_path, tone, write_film):
    sources = {
        "text": tmp_path / "text.mp4",
        "empty": tmp_path / "empty.mp4",
        "mute": write_film(tmp_path / "mute.mp4", None),
        "good": write_film(tmp_path / "good.mp4", tone(0.2)),
    }
    sources["text"].write_text("version https://git-lfs.github.com/spec/v1\n")
    sources["empty"].touch()
    packed = [Packed(name, path) for name, path in sources.items()]
    unpacked = unpack_sounds(packed, len(packed), tmp_path / "out")
    assert set(unpacked.paths) == {"good"}
    assert unpacked.failures["mute"] == "has no sound"
    assert unpacked.failures["text"].startswith("can't be decoded")
    assert unpacked.failures["empty"].startswith("can't be decoded")


def test_a_playlist_opens_no_other_file(tmp_path, tone, write_film, monkeypatch):
    monkeypatch.chdir(write_film(tmp_path / "film.mp4", tone(0.2)).parent)
    unpacked = unpack_one(b"ffconcat version 1.0\nfile film.mp4\n", tmp_path / "out")
    assert "can't be decoded" in unpacked.failures["one"]


def test_a_damaged_film_is_a_failure_or_whole(tmp_path, tone, write_film):
    content = write_film(tmp_path / "film.mp4", tone(0.5)).read_bytes()
    random = np.random.default_rng(0)
    damaged = []
    for number in range(60):
        changed = bytearray(content)
        for place in random.integers(0, len(content), 1 + number % 5):
            changed[place] = random.integers(256)
        damaged.append(bytes(changed[random.integers(0, 2) * number :]))
    packed = [Packed(str(number), source) for number, source in enumerate(damaged)]
    unpacked = unpack_sounds(packed, len(packed), tmp_path / "out")
    assert len(unpacked.paths) + len(unpacked.failures) == len(packed)
    assert unpacked.failures
    for path in unpacked.paths.values():
        assert soundfile.info(path).frames > 0.5 * RATE - 4_096


@pytest.mark.parametrize(("ending", "form"), [(".wav", "WAV"), (".flac", "FLAC"), (".ogg", "OGG"),
                                               (".mp3", "MP3"), (".aiff", "AIFF")])  # fmt: skip
def test_audio_files_are_written_as_they_are(tmp_path, ending, form, tone):
    source = tmp_path / f"source{ending}"
    soundfile.write(source, tone(0.2)[0], RATE, format=form)
    path = unpack_one(source.read_bytes(), tmp_path / "out").paths["one"]
    assert path.suffix == ending
    assert path.read_bytes() == source.read_bytes()


def test_other_content_becomes_flac(tmp_path, tone, write_film):
    film = write_film(tmp_path / "film.m4a", tone(0.2))
    path = unpack_one(film.read_bytes(), tmp_path / "out").paths["one"]
    assert path.suffix == ".flac"
    assert soundfile.info(path).samplerate == RATE


def test_what_is_there_is_kept_and_what_changed_is_written_anew(tmp_path, tone, write_film):
    film, out = write_film(tmp_path / "film.mp4", tone(0.2)), tmp_path / "out"
    path = unpack_one(film, out).paths["one"]
    path.write_bytes(b"kept")
    os.utime(path, (film.stat().st_mtime + 5,) * 2)
    assert unpack_one(film, out).paths["one"].read_bytes() == b"kept"
    os.utime(film, (film.stat().st_mtime + 10,) * 2)
    assert unpack_one(film, out).paths["one"].read_bytes() != b"kept"


def test_datasets_that_share_a_folder_never_overwrite_each_other(tmp_path, tone, write_film):
    out = tmp_path / "out"
    first = unpack_one(b"RIFF1", out).paths["one"]
    assert unpack_one(b"RIFF1", out).paths["one"] == first
    with pytest.raises(FeatxError, match=r"one\.wav is there with another sound; give each"):
        unpack_one(b"RIFF2", out)
    assert first.read_bytes() == b"RIFF1"


@pytest.mark.parametrize("inside", [False, True], ids=["films", "coded sound in tables"])
def test_sounds_of_equal_names_and_other_content_get_their_own_files(
    tmp_path, inside, tone, write_film
):
    films = [write_film(tmp_path / f"{n}/x.mp4", tone(n / 10)) for n in (2, 3)]
    sources = [film.read_bytes() if inside else film for film in films]
    paths = [unpack_one(source, tmp_path / "out").paths["one"] for source in sources]
    lengths = [soundfile.info(path).frames / RATE for path in paths]
    assert lengths == pytest.approx([0.2, 0.3], abs=0.05)
    assert [unpack_one(s, tmp_path / "out").paths["one"] for s in sources] == paths


def test_failures_are_counted_in_a_note_without_numbers_of_errors(tmp_path):
    packed = [Packed(str(n), b"hello" * 10) for n in range(40)]
    [note] = unpack_sounds(packed, 40, tmp_path / "out").notes()
    why = "can't be decoded (Invalid data found when processing input)"
    assert note == f"left out 40 sounds that can't be unpacked: 0 ({why}), 1 ({why}) and 38 more"


def test_an_interrupt_keeps_what_is_done_and_says_how_to_go_on(tmp_path):
    def sounds():
        yield from (Packed(str(n), b"RIFF") for n in range(10))
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"of 11 sounds are in .*the same command goes on"):
        unpack_sounds(sounds(), 11, tmp_path / "out")
    assert 0 < len(list((tmp_path / "out").iterdir())) <= 10
    assert not list((tmp_path / "out").glob(".*"))


def test_a_missing_package_and_a_folder_that_is_a_file_are_said(
    tmp_path, monkeypatch, tone, write_film
):
    film = write_film(tmp_path / "film.mp4", tone(0.1))
    with pytest.raises(FeatxError, match=r"`unpack=.*film\.mp4'`: can't be written"):
        unpack_one(b"RIFF", film)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(FeatxError, match=r"pip install 'featx\[video\]'"):
        unpack_one(film, tmp_path / "out")
