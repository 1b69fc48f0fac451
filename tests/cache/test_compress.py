"""A compressed store reads as before, for featx and for any HDF5 tool, and heals as before."""

import random
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import cache.shards.compress
import cache.shards.mapped
from cache import (
    DamagedStore,
    DiskFull,
    FeatureStore,
    Layout,
    PlannedUtterance,
    StoreError,
)
from cache.shards.compressed import CHUNK, compress, decompress
from cache.shards.positions import checksum_without
from tests.cache import small

FRAMES = (1, CHUNK, CHUNK + 1, 3 * CHUNK - 7, 20)
PLAN = [
    PlannedUtterance(f"u{n}", 320 * count, count, source=n + 1) for n, count in enumerate(FRAMES)
]
NAMES = [planned.utterance for planned in PLAN]
DTYPES = ("float16", "float32", "int8")


def prepare(folder: Path, dtype: str = "float16") -> FeatureStore:
    return small.prepare(folder, PLAN, Layout(("0", "1", "2"), 6, dtype))


def fill(store: FeatureStore, plan: Sequence[PlannedUtterance] = PLAN) -> None:
    small.fill(store, plan)


@pytest.fixture(scope="module")
def compressed(tmp_path_factory):
    """A compressed store of each type, and what it held before."""
    found = {}
    for dtype in DTYPES:
        folder = tmp_path_factory.mktemp(dtype)
        store = prepare(folder, dtype)
        fill(store)
        before = {name: store.read(name).copy() for name in NAMES}
        sums = {name: store.checksum(name) for name in NAMES}
        store.compress(NAMES)
        found[dtype] = folder, before, sums
    return found


@pytest.mark.parametrize("files", [0, 99], ids=["copied", "mapped"])
def test_a_file_that_another_replaces_is_not_read_as_the_old_one(tmp_path, monkeypatch, files):
    monkeypatch.setattr(
        "cache.shards.mapped.open_files", lambda: len(cache.shards.mapped._mappings) * 2 + files
    )
    store = prepare(tmp_path)
    fill(store)
    reader = FeatureStore(tmp_path)
    store.compress(NAMES)
    with pytest.raises(StoreError, match="compressed since it was opened"):
        reader.read("u1")


SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))


@given(arrays(st.sampled_from([np.float16, np.float32, np.int8]), SHAPES))
def test_a_chunk_comes_back(chunk):
    found = decompress(compress(chunk), chunk.dtype)
    assert found.tobytes() == chunk.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_it_reads_as_before(compressed, dtype):
    folder, before, sums = compressed[dtype]
    store = FeatureStore(folder)
    assert store.is_copied
    assert store.utterances == NAMES
    for name in NAMES:
        found = store.read(name)
        assert (found.dtype, found.flags.writeable) == (before[name].dtype, False)
        np.testing.assert_array_equal(found, before[name])
        np.testing.assert_array_equal(store.read(name, [0, 2]), before[name][[0, 2]])
        assert store.checksum(name) == sums[name]
        assert store.is_fixed(name)
        store.expect(name, [0, 1, 2])
        store.release(name, [1])
    assert store.damaged() == []


def test_h5py_alone_reads_it(compressed):
    folder, before, _ = compressed["float16"]
    with h5py.File(folder / "shard-0000.h5") as file:
        features = file["features"]
        assert (features.compression, features.shuffle) == ("gzip", True)
        assert features.chunks == (1, CHUNK, 6)
        for index, name in enumerate(file["utterance"].asstr()):
            begin = file["frame_offset"][index]
            end = begin + file["frames"][index]
            np.testing.assert_array_equal(features[:, begin:end], before[name])


def test_it_can_be_read_without_being_mapped(compressed, monkeypatch):
    folder, before, _ = compressed["int8"]
    monkeypatch.setattr("cache.shards.mapped.open_files", lambda: 0)
    np.testing.assert_array_equal(FeatureStore(folder).read("u3"), before["u3"])


def test_it_is_the_same_to_the_last_byte_whenever_it_is_made(compressed, tmp_path, monkeypatch):
    later = time.time() + 3_600
    monkeypatch.setattr(time, "time", lambda: later)
    store = prepare(tmp_path)
    fill(store)
    store.compress(NAMES)
    path = tmp_path / "shard-0000.h5"
    assert path.read_bytes() == (compressed["float16"][0] / path.name).read_bytes()
    state = path.stat().st_ino
    store.compress(NAMES)
    assert path.stat().st_ino == state  # it is compressed already


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_flipped_bit_is_found_wherever_it_is(compressed, tmp_path, dtype):
    folder, _, _ = compressed[dtype]
    original = (folder / "shard-0000.h5").read_bytes()
    path = tmp_path / "shard-0000.h5"
    generator = random.Random(dtype)
    for place in generator.sample(range(len(original)), 100):
        changed = bytearray(original)
        changed[place] ^= 1 << generator.randrange(8)
        path.write_bytes(changed)
        try:
            store = FeatureStore(tmp_path)
        except DamagedStore:
            continue
        undone = [name for name in store.utterances if not store.is_done(name)]
        assert len(undone) + len(store.damaged()) == 1, place


def test_damaged_features_are_named_when_they_are_read(compressed, tmp_path):
    folder, _, _ = compressed["float16"]
    path = Path(shutil.copy(folder / "shard-0000.h5", tmp_path))
    with h5py.File(path) as file:
        place = int(file["chunk_offset"][1, 1])
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\0\0\0")
    store = FeatureStore(tmp_path)
    assert store.damaged() == ["u1"]
    with pytest.raises(DamagedStore, match="u1: damaged"):
        store.read("u1")
    store.read("u1", [0, 2])


def test_what_is_forgotten_gets_another_place(compressed, tmp_path):
    folder, before, _ = compressed["float16"]
    shutil.copy(folder / "shard-0000.h5", tmp_path)
    store = FeatureStore(tmp_path)
    store.forget(["u2"])
    fill(prepare(tmp_path))
    again = FeatureStore(tmp_path)
    assert sorted(again.utterances) == NAMES
    assert [path.name for path in again.shards] == ["shard-0000.h5", "shard-0001.h5"]
    assert not again.is_fixed("u2")
    for name in NAMES:
        np.testing.assert_array_equal(again.read(name), before[name])
    again.compress(NAMES)
    assert FeatureStore(tmp_path).is_fixed("u2")
    assert FeatureStore(tmp_path).damaged() == []


def test_only_what_is_done_takes_room(tmp_path):
    store = prepare(tmp_path)
    fill(store, PLAN[:3])
    store.retire(["u1"])
    store.compress(["u0"])
    again = FeatureStore(tmp_path)
    assert [name for name in again.utterances if again.is_done(name)] == ["u0", "u2"]
    assert again.damaged() == []
    with h5py.File(tmp_path / "shard-0000.h5") as file:
        assert (file["chunk_bytes"][0] > 0).sum() == 1 + 2
    fill(prepare(tmp_path))
    assert FeatureStore(tmp_path).damaged() == []


def test_damaged_features_are_not_compressed(tmp_path):
    store = prepare(tmp_path)
    fill(store)
    with h5py.File(tmp_path / "shard-0000.h5", "r+") as file:
        file["features"][0, 0, 0] += 1
    before = (tmp_path / "shard-0000.h5").read_bytes()
    with pytest.raises(DamagedStore, match="'u0'"):
        store.compress(NAMES)
    assert (tmp_path / "shard-0000.h5").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["shard-0000.h5"]


@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_stop_leaves_the_file_as_it_was(tmp_path, monkeypatch, stop):
    store = prepare(tmp_path)
    fill(store)
    before = (tmp_path / "shard-0000.h5").read_bytes()
    chunks = iter(range(8))
    whole = cache.shards.compress.compress

    def fail(values):
        if next(chunks, None) is None:
            raise stop
        return whole(values)

    monkeypatch.setattr(cache.shards.compress, "compress", fail)
    expected = DiskFull if isinstance(stop, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        store.compress(NAMES)
    assert (tmp_path / "shard-0000.h5").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["shard-0000.h5"]
    assert FeatureStore(tmp_path).damaged() == []


def test_the_checksum_of_tables_leaves_out_only_chunks_and_marks(compressed):
    folder, _, _ = compressed["float32"]
    path = folder / "shard-0000.h5"
    with h5py.File(path) as file:
        begins, lengths = (file[name][:].ravel() for name in ("chunk_offset", "chunk_bytes"))
        left_out = list(zip(begins.tolist(), (begins + lengths).tolist(), strict=True))
        for name in ("source", "checksum", "done", "tables_checksum"):
            begin = file[name].id.get_offset()
            left_out.append((begin, begin + file[name].nbytes))
        assert checksum_without(path, left_out) == file["tables_checksum"][0]
