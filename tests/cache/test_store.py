"""A store gives back what was written, to anyone, and refuses everything that would mix."""

import json
import mmap
import os
import shutil
from dataclasses import replace
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cache.shards.rows
import cache.shards.shard
from cache import (
    DiskFull,
    FeatureStore,
    Layout,
    PlannedUtterance,
    StoreError,
)
from tests.cache.small import IDENTITY, LAYOUT, PLAN, fill, prepare, values


@settings(max_examples=15, deadline=None)
@given(
    frames=st.lists(st.integers(1, 40), min_size=1, max_size=12),
    layers=st.integers(1, 4),
    dim=st.integers(1, 9),
    dtype=st.sampled_from(["float16", "float32"]),
    shard_bytes=st.integers(1, 3000),
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    order=st.randoms(),
)
def test_reads_back_what_was_written_in_any_order(
    tmp_path_factory, frames, layers, dim, dtype, shard_bytes, name, order
):
    folder = tmp_path_factory.mktemp("store")
    layout = Layout(tuple(map(str, range(layers))), dim, dtype)
    plan = [PlannedUtterance(f"{name}{n}", 400 + n, count) for n, count in enumerate(frames)]
    store = prepare(folder, plan, layout, shard_bytes=shard_bytes)
    fill(store, order.sample(plan, len(plan)))
    reopened = FeatureStore(folder)
    assert reopened.utterances == [planned.utterance for planned in plan]
    for planned in plan:
        np.testing.assert_array_equal(reopened.read(planned.utterance), values(planned, layout))
    assert reopened.damaged() == []


def test_h5py_alone_finds_the_same_numbers(tmp_path):
    fill(prepare(tmp_path))
    with h5py.File(tmp_path / "shard-0000.h5") as file:
        names = list(file["utterance"].asstr())
        assert all(file["done"][:] > 0)
        assert json.loads(file.attrs["identity"]) == IDENTITY.to_json()
        assert file["features"].chunks is None
        for index, planned in enumerate(PLAN):
            assert names[index] == planned.utterance
            assert file["samples"][index] == planned.samples
            begin = file["frame_offset"][index]
            end = begin + file["frames"][index]
            np.testing.assert_array_equal(file["features"][:, begin:end], values(planned))


def test_reading_does_not_copy(tmp_path):
    store = prepare(tmp_path)
    fill(store)
    assert not store.read("u3").flags.owndata
    assert np.shares_memory(store.read("u3"), store.read("u3"))


def test_metadata_never_changes_after_creation(tmp_path):
    store = prepare(tmp_path)
    path = tmp_path / "shard-0000.h5"
    size = path.stat().st_size
    with h5py.File(path) as file:
        begin = file["features"].id.get_offset()
        source, checksum, done = (
            file[name].id.get_offset() for name in ("source", "checksum", "done")
        )
    before = path.read_bytes()
    fill(store)
    after = path.read_bytes()
    changed = {i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b}
    written = set(range(begin, begin + store.nbytes))
    written |= {*range(checksum, checksum + 60), *range(done, done + 20)}
    written |= set(range(source, source + 40))
    assert path.stat().st_size == size
    assert changed <= written


def test_an_unfinished_store_opens_and_continues(tmp_path):
    store = prepare(tmp_path)
    store.write("u1", values(PLAN[1]))
    (tmp_path / "shard-0001.h5.99.tmp").write_bytes(b"left by a kill")
    again = prepare(tmp_path)
    assert [again.is_done(planned.utterance) for planned in PLAN] == [0, 1, 0, 0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shard-0000.h5"]
    with pytest.raises(StoreError, match="'u0' is not extracted yet"):
        again.read("u0")
    with pytest.raises(StoreError, match="'nobody' is not in the store"):
        again.read("nobody")


def test_utterances_that_come_later_get_a_shard_of_their_own(tmp_path):
    fill(prepare(tmp_path, PLAN[:3]), PLAN[:3])
    first = (tmp_path / "shard-0000.h5").read_bytes()
    store = prepare(tmp_path)
    assert (tmp_path / "shard-0000.h5").read_bytes() == first
    assert store.is_done("u2")
    assert not store.is_done("u4")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"identity": replace(IDENTITY, revision="abc")}, "revision: the store has ''.*'abc'"),
        ({"layout": Layout(("0", "1"), 4)}, "layers"),
        ({"layout": Layout(LAYOUT.layers, 5)}, "dim: the store has 4, asked for 5"),
        ({"layout": Layout(LAYOUT.layers, 4, "float32")}, "dtype"),
        ({"software": {"torch": "2.12.0"}}, "torch: the store has '2.11.0', asked for '2.12.0'"),
    ],
)
def test_something_else_is_refused_and_the_difference_named(tmp_path, change, named):
    prepare(tmp_path)
    with pytest.raises(StoreError, match=named):
        prepare(tmp_path, **change)


def test_a_deleted_shard_is_made_again_beside_the_others(tmp_path):
    fill(prepare(tmp_path, shard_bytes=1))
    (tmp_path / "shard-0000.h5").unlink()
    store = prepare(tmp_path, shard_bytes=1)
    assert sorted(store.utterances) == [planned.utterance for planned in PLAN]
    assert [store.is_done(planned.utterance) for planned in PLAN] == [0, 1, 1, 1, 1]


@pytest.mark.parametrize(("dtype", "writes"), [("float16", 6), ("int8", 8)])
def test_killed_between_any_two_writes_an_utterance_is_not_done(
    tmp_path, monkeypatch, dtype, writes
):
    layout = Layout(LAYOUT.layers, LAYOUT.dim, dtype)
    store = prepare(tmp_path, layout=layout)
    features = values(PLAN[3])
    original = cache.shards.shard.write_at
    for allowed in range(writes):  # layers, perhaps scale and offset, three marks
        left = iter(range(allowed))

        def write_some(*arguments, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt
            original(*arguments)

        for module in (cache.shards.rows, cache.shards.shard):
            monkeypatch.setattr(module, "write_at", write_some)
        with pytest.raises(KeyboardInterrupt):
            store.write("u3", features)
        assert not FeatureStore(tmp_path).is_done("u3")
    monkeypatch.undo()
    store.write("u3", features)
    tolerance = 0.02 if dtype == "int8" else 0
    np.testing.assert_allclose(FeatureStore(tmp_path).read("u3"), features, rtol=0, atol=tolerance)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system can't reserve")
def test_the_disk_space_is_taken_at_once(tmp_path):
    plan = [PlannedUtterance("u", 0, 100_000)]
    prepare(tmp_path, plan)
    allocated = 512 * (tmp_path / "shard-0000.h5").stat().st_blocks
    assert allocated >= LAYOUT.nbytes(100_000)


def test_a_finished_store_is_welcome_under_other_versions(tmp_path):
    fill(prepare(tmp_path))
    assert prepare(tmp_path, software={"torch": "2.12.0"}).is_done("u4")


def test_shards_of_different_stores_are_refused(tmp_path):
    prepare(tmp_path / "a")
    prepare(tmp_path / "b", identity=replace(IDENTITY, encoder="other"))
    shutil.copy(tmp_path / "b" / "shard-0000.h5", tmp_path / "a" / "shard-0001.h5")
    with pytest.raises(StoreError, match="encoder: the store has 'tiny', asked for 'other'"):
        FeatureStore(tmp_path / "a")


def test_a_full_disk_is_noticed_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=359))
    with pytest.raises(DiskFull, match="needs 360 B, 359 B free"):  # 15 frames × 3 × 4 × 2 bytes
        prepare(tmp_path)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=360))
    prepare(tmp_path)


@pytest.mark.parametrize(
    ("bad", "message"),
    [(1e6, "layer 1 overflows float16"), (np.nan, "layer 1 .*not finite")],
)
def test_values_that_do_not_fit_are_an_error_naming_the_layer(tmp_path, bad, message):
    store = prepare(tmp_path)
    features = values(PLAN[0]).astype(np.float32)
    features[1, 0, 0] = bad
    with pytest.raises(StoreError, match=message):
        store.write("u0", features)
    assert not store.is_done("u0")


def test_a_wrong_shape_is_refused(tmp_path):
    with pytest.raises(StoreError, match=r"shape \(3, 2, 4\), planned were \(3, 1, 4\)"):
        prepare(tmp_path).write("u0", values(PLAN[1]))


@pytest.mark.parametrize("content", [b"", b"not HDF5", None])
def test_a_broken_file_is_named(tmp_path, content):
    path = tmp_path / "shard-0000.h5"
    prepare(tmp_path)
    path.write_bytes(path.read_bytes()[:-30] if content is None else content)
    with pytest.raises(StoreError, match=r"shard-0000.h5: damaged"):
        FeatureStore(tmp_path)


def test_no_store_is_said(tmp_path):
    with pytest.raises(StoreError, match="no feature store"):
        FeatureStore(tmp_path)


def test_without_what_only_linux_has_a_store_is_the_same(tmp_path, monkeypatch):
    """No other system is at hand: reserving space and advice on memory are taken away."""
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    for advice in ("MADV_WILLNEED", "MADV_DONTNEED"):
        monkeypatch.delattr(mmap, advice, raising=False)
    test_a_full_disk_is_noticed_before_any_work(tmp_path, monkeypatch)
    fill(prepare(tmp_path))
    store = FeatureStore(tmp_path)
    store.expect("u3", [0, 2])
    store.release("u3", [0, 2])
    for planned in PLAN:
        np.testing.assert_array_equal(store.read(planned.utterance), values(planned))
    assert store.damaged() == []


def test_a_disk_that_fills_up_ends_the_work_in_a_sentence(tmp_path, monkeypatch):
    store = prepare(tmp_path)

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(cache.shards.rows, "write_at", fail)
        with pytest.raises(
            DiskFull, match=r"shard-0000\.h5: the disk is full: needs 96 B, .* free now\. Make room"
        ):
            store.write("u3", values(PLAN[3]))
    assert not issubclass(DiskFull, StoreError)  # which an extraction takes for one utterance's
    assert not store.is_done("u3")
    fill(store)
    assert FeatureStore(tmp_path).damaged() == []


def test_what_is_no_store_is_said(tmp_path):
    file = tmp_path / "manifest.csv"
    file.write_text("utterance\n")
    with pytest.raises(StoreError, match="is a file, and a store is a folder"):
        FeatureStore(file)
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "shard-0000.h5").touch()
    with pytest.raises(StoreError, match=r"but in folders of it: .*base"):
        FeatureStore(tmp_path)
