"""Audio is counted and digested as it is read, and a file is read once while it stays as it is."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.data.audio import AudioError, count_samples
from featx.data.files import digests, known, remembered
from featx.data.files.digests import digest_file, digest_part
from featx.data.manifest import Utterance
from featx.data.sources import find_sources
from featx.errors import Interrupted


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(digests, "UNSETTLED", 0.0)
    return tmp_path / "cache"


@pytest.fixture
def read(monkeypatch):
    """The files that were read since the list was emptied."""
    paths = []

    def note(path):
        paths.append(path)
        return digest_file(path)

    monkeypatch.setattr(known, "digest_file", note)
    return paths


def write(path: Path, seed: int, samples: int = 4_000, rate: int = 16_000) -> Utterance:
    soundfile.write(path, 0.1 * np.random.default_rng(seed).standard_normal(samples), rate)
    return Utterance(path.stem, path, "s", "sad")


@pytest.fixture
def utterances(tmp_path):
    return [write(tmp_path / f"{seed}.wav", seed, 4_000 + seed) for seed in range(70)]


def singly(utterances):
    """What counting and digesting one utterance after another gives."""
    samples, sources, failures = [], [], {}
    for u in utterances:
        try:
            count, source = (
                count_samples(u.path, u.start, u.end),
                digest_part(digest_file(u.path), u.start, u.end, u.scale),
            )
        except AudioError as error:
            count, source, failures[u.utterance] = 0, 0, str(error)
        samples.append(count)
        sources.append(source)
    return samples, sources, failures


def all_of(utterances):
    found = find_sources(utterances)
    return found.samples.tolist(), found.digests.tolist(), found.failures


TIMES = st.none() | st.floats(-0.1, 1.2) | st.sampled_from([0.0, 0.5, 1.0, 1.009, 1.02, 5e-5])


@settings(max_examples=25)
@given(
    rate=st.sampled_from([8_000, 11_025, 16_000, 44_100, 48_000]),
    parts=st.lists(st.tuples(TIMES, TIMES, st.sampled_from([None, 128.0])), max_size=20),
)
def test_together_is_as_singly(tmp_path_factory, rate, parts):
    path = tmp_path_factory.getbasetemp() / f"{rate}.wav"
    whole = write(path, 0, rate, rate)
    some = [
        replace(whole, utterance=str(n), start=start, end=end, scale=scale)
        for n, (start, end, scale) in enumerate(parts)
    ]
    assert all_of([whole, *some]) == singly([whole, *some])


def test_a_file_is_read_once(utterances, read):
    first = all_of(utterances)
    assert sorted(read) == sorted(u.path for u in utterances)
    assert all_of(utterances[::-1])[1] == first[1][::-1]
    assert len(read) == len(utterances)


def test_segments_share_their_file(tmp_path, read):
    whole = write(tmp_path / "long.wav", 0, 16_000)
    parts = [replace(whole, utterance=str(n), start=n / 4, end=(n + 1) / 4) for n in range(4)]
    samples, sources, _ = all_of([whole, *parts])
    assert samples == [16_000, *[4_000] * 4]
    assert len(set(sources)) == 5
    assert len(read) == 1


def test_other_content_is_another_source(utterances, read):
    before = all_of(utterances)[1]
    changed = utterances[3].path
    write(changed, 99, 4_003)
    after = all_of(utterances)[1]
    assert [n for n in range(len(before)) if before[n] != after[n]] == [3]
    assert read.count(changed) == 2


@pytest.mark.parametrize("same_times", [False, True])
def test_swapped_files_are_noticed(tmp_path, same_times):
    pair = [write(tmp_path / f"{name}.wav", name, 4_000) for name in (0, 1)]
    before = all_of(pair)[1]
    if same_times:
        for utterance in pair:
            os.utime(utterance.path, (1_000_000_000, 1_000_000_000))
    pair[0].path.rename(tmp_path / "other.wav")
    pair[1].path.rename(pair[0].path)
    (tmp_path / "other.wav").rename(pair[1].path)
    assert all_of(pair)[1] == before[::-1]


def test_a_copy_has_the_same_source(utterances, tmp_path):
    copy = tmp_path / "copy.wav"
    shutil.copy(utterances[0].path, copy)
    assert all_of([replace(utterances[0], path=copy)])[1] == all_of(utterances[:1])[1]


def test_files_that_can_not_be_used_are_named_and_tried_again(utterances, read):
    broken, gone = utterances[5].path, utterances[6].path
    content = broken.read_bytes()
    broken.write_bytes(b"RIFF and no more")
    gone.unlink()
    found = find_sources(utterances)
    assert found.failures.keys() == {"5", "6"}
    assert str(broken) in found.failures["5"]
    assert found.failures["6"] == f"{gone}: no such file"
    assert all_of(utterances) == singly(utterances)
    broken.write_bytes(content)
    assert find_sources(utterances).failures.keys() == {"6"}


def test_a_file_of_this_moment_is_read_again(utterances, read, monkeypatch):
    monkeypatch.setattr(digests, "UNSETTLED", 60.0)
    first = all_of(utterances)
    assert all_of(utterances) == first
    assert len(read) == 2 * len(utterances)


def test_headers_are_read_again_by_another_reader(utterances, read, monkeypatch):
    first = all_of(utterances)
    monkeypatch.setattr(remembered, "_READER", "another")
    headers = []
    real = known.read_header
    monkeypatch.setattr(known, "read_header", lambda p: headers.append(p) or real(p))
    assert all_of(utterances) == first
    assert len(headers) == len(read) == len(utterances)


@pytest.mark.parametrize("damage", ["garbled", "gone", "a folder"])
def test_a_cache_that_fails_stops_nothing(utterances, cache, damage):
    first = all_of(utterances)
    path = cache / remembered.FILE
    path.unlink()
    if damage == "garbled":
        path.write_bytes(os.urandom(10_000))
    elif damage == "a folder":
        path.mkdir()
    assert all_of(utterances) == first


def test_what_was_read_before_an_interrupt_is_remembered(utterances, read, monkeypatch):
    note = known.digest_file

    def stop(path):
        if path == utterances[-1].path:
            raise KeyboardInterrupt
        return note(path)

    monkeypatch.setattr(known, "digest_file", stop)
    with pytest.raises(Interrupted, match="remembered"):
        find_sources(utterances)
    monkeypatch.setattr(known, "digest_file", note)
    done = len(read)
    find_sources(utterances)
    assert 0 < done < len(read) < done + len(utterances)


def test_no_source_is_unknown():
    found = {digest_part("0" * 32, number / 100) for number in range(1_000)}
    assert len(found) == 1_000
    assert 0 not in found
    assert max(found) >= 1 << 60
