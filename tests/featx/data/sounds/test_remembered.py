"""What was measured is remembered by content, and a cache that fails stops nothing."""

import os
import shutil
import signal
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from featx.data.files import digests
from featx.data.manifest import Utterance
from featx.data.sounds import measure as measuring
from featx.data.sounds import remembered
from featx.data.sounds.measure import measure_sounds
from featx.data.sounds.remembered import FILE, RememberedSounds
from featx.errors import Interrupted
from featx.utils import database

LONG_AGO = 1_000_000_000  # seconds


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(digests, "UNSETTLED", 0.0)
    return tmp_path / "cache"


@pytest.fixture
def decoded(monkeypatch):
    """The files that were decoded since the list was emptied."""
    paths = []
    decode = measuring.read_channels

    def note(path, *part):
        paths.append(path)
        return decode(path, *part)

    monkeypatch.setattr(measuring, "read_channels", note)
    return paths


def write(path: Path, seed: int, samples: int = 4_000) -> Utterance:
    soundfile.write(path, 0.1 * np.random.default_rng(seed).standard_normal(samples), 16_000)
    return Utterance(path.stem, path, "s", "sad")


@pytest.fixture
def utterances(tmp_path):
    return [write(tmp_path / f"{seed}.wav", seed) for seed in range(5)]


def test_nothing_is_decoded_twice(utterances, decoded):
    first = measure_sounds(utterances)
    assert len(decoded) == 5
    assert measure_sounds(utterances) == first
    assert len(decoded) == 5
    assert {type(sound.channels) for sound in first.sounds.values()} == {tuple}


def test_a_file_is_known_by_its_content_under_any_name(utterances, decoded, tmp_path):
    first = measure_sounds(utterances)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    renamed = [
        replace(u, path=Path(shutil.copy(u.path, moved / f"copy {u.path.name}")))
        for u in utterances
    ]
    assert measure_sounds(renamed) == first
    assert len(decoded) == 5


def test_a_file_that_changes_in_place_is_measured_again(utterances, decoded):
    changed = utterances[2]
    os.utime(changed.path, (LONG_AGO, LONG_AGO))
    before = measure_sounds(utterances).sounds
    size = changed.path.stat().st_size
    write(changed.path, seed=99)
    os.utime(changed.path, (LONG_AGO, LONG_AGO))  # as tools that copy times do
    assert changed.path.stat().st_size == size
    after = measure_sounds(utterances).sounds
    assert decoded.count(changed.path) == 2
    assert [n for n in after if after[n] != before[n]] == [changed.utterance]


def test_a_file_of_this_moment_is_not_trusted_by_its_times(utterances, decoded, monkeypatch):
    monkeypatch.setattr(digests, "UNSETTLED", 60.0)
    first = measure_sounds(utterances)
    with RememberedSounds() as sounds:
        assert sounds.recall(utterances) == [None] * len(utterances)
    assert measure_sounds(utterances) == first  # by its content
    assert len(decoded) == 5


def test_each_segment_is_a_sound_of_its_own(tmp_path, decoded):
    whole = write(tmp_path / "long.wav", 0, 16_000)
    parts = [replace(whole, utterance=str(n), start=n / 4, end=(n + 1) / 4) for n in range(4)]
    sounds = measure_sounds([whole, *parts]).sounds
    assert len({sound.digest for sound in sounds.values()}) == 5
    assert measure_sounds([whole, *parts]).sounds == sounds
    assert len(decoded) == 5


def test_another_measurement_remembers_nothing(utterances, decoded, monkeypatch):
    measure_sounds(utterances)
    monkeypatch.setattr(remembered, "_MEASUREMENT", "of another version")
    measure_sounds(utterances)
    assert len(decoded) == 10


def test_what_can_not_be_read_is_tried_again(utterances, tmp_path):
    broken = utterances[0].path
    content = broken.read_bytes()
    broken.write_bytes(b"RIFF and no more")
    gone = Utterance("gone", tmp_path / "gone.wav", "s", "sad")
    failures = measure_sounds([*utterances, gone]).failures
    assert sorted(failures) == ["0", "gone"]
    assert str(broken) in failures["0"]
    broken.write_bytes(content)
    assert not measure_sounds(utterances).failures


def garble(path):
    content = bytearray(path.read_bytes())
    content[100:] = os.urandom(len(content) - 100)
    path.write_bytes(content)


DAMAGES = {
    "no database": lambda path: path.write_bytes(b"no database at all" * 99),
    "garbled": garble,
    "cut": lambda path: path.write_bytes(path.read_bytes()[:5_000]),
    "emptied": lambda path: path.write_bytes(b""),
    "gone": Path.unlink,
    "foreign rows": lambda path: edit(path, "update sounds set sound = '{}'"),
    "half a fingerprint": lambda path: edit(path, "update sounds set fingerprint = x'00'"),
    "no text": lambda path: edit(path, "update sounds set sound = 'x'"),
}


def edit(path, command):
    with sqlite3.connect(path) as connection:
        connection.execute(command)
    connection.close()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_begins_anew(utterances, cache, decoded, damage):
    first = measure_sounds(utterances)
    DAMAGES[damage](cache / FILE)
    assert measure_sounds(utterances) == first
    assert len(decoded) == 10
    assert measure_sounds(utterances) == first
    assert len(decoded) == 10


def test_a_folder_that_can_not_be_written(utterances, cache):
    cache.write_text("a file where the folder should be")
    assert len(measure_sounds(utterances).sounds) == 5
    cache.unlink()
    (cache / FILE).mkdir(parents=True)
    assert len(measure_sounds(utterances).sounds) == 5


@pytest.mark.parametrize("folder", ["~nobody-of-this-name/cache", "/proc/cache", "/dev/null/x"])
def test_a_folder_that_can_not_be(utterances, monkeypatch, folder):
    monkeypatch.setenv("FEATX_CACHE", folder)
    assert len(measure_sounds(utterances).sounds) == 5


def test_a_cache_that_another_process_holds(utterances, cache, monkeypatch):
    measure_sounds(utterances)
    monkeypatch.setattr(database, "_PATIENCE", 0.01)
    other = sqlite3.connect(cache / FILE, isolation_level=None)
    other.execute("begin exclusive")
    assert len(measure_sounds(utterances).sounds) == 5
    other.close()


def test_a_kill_leaves_what_was_written(utterances, cache, decoded):
    measure_sounds(utterances)
    child = os.fork()
    if not child:
        connection = sqlite3.connect(cache / FILE, isolation_level=None)
        connection.execute("begin immediate")
        connection.execute("delete from sounds")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    measure_sounds(utterances)
    assert len(decoded) == 5


def test_ctrl_c_keeps_what_was_heard(utterances, decoded, monkeypatch):
    measure = measuring.measure_sound
    calls = []

    def interrupt(*arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return measure(*arguments)

    monkeypatch.setattr(measuring, "measure_sound", interrupt)
    monkeypatch.setattr(measuring, "usable_cores", lambda: 1)  # else the first may come fourth
    with pytest.raises(Interrupted, match="What was heard is remembered"):
        measure_sounds(utterances)
    monkeypatch.setattr(measuring, "measure_sound", measure)
    heard = set(decoded)
    decoded.clear()
    assert len(measure_sounds(utterances).sounds) == 5
    assert len(decoded) < 5
    assert heard
