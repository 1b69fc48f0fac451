"""Utterances of which the audio changes get another place, and features can have several ids."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from cache import FeatureIdentity, FeatureStore, Layout, PlannedUtterance, StoreError, prepare_store

LAYOUT = Layout(("0", "1"), 3, "float32")
PLAN = [PlannedUtterance(f"u{n}", 16_000, 2, source=2 * n + 2) for n in range(6)]


def prepare(folder, plan=PLAN, **settings):
    identity = FeatureIdentity("tiny", "", frame_step=0.02)
    return prepare_store(folder, plan, LAYOUT, identity, {}, **settings)


def fill(store, plan=PLAN):
    for planned in plan:
        if not store.is_done(planned.utterance):
            features = np.full((2, planned.frames, 3), planned.source, np.float32)
            store.write(planned.utterance, features, planned.source)


def test_a_retired_utterance_gets_another_place(tmp_path):
    store = prepare(tmp_path)
    fill(store)
    longer = [*PLAN[:2], replace(PLAN[2], samples=20_000, frames=5, source=98), *PLAN[3:]]
    assert store.changed(longer) == ["u2"]
    with pytest.raises(StoreError, match=r"1 utterance has other audio.*: u2"):
        prepare(tmp_path, longer)
    store.retire(["u2"])
    assert "u2" not in store
    again = prepare(tmp_path, longer)
    assert not again.is_done("u2")
    fill(again, longer)
    opened = FeatureStore(tmp_path)
    assert opened.read("u2").shape == (2, 5, 3)
    assert (opened.read("u2") == 98).all()
    assert opened.damaged() == []
    assert sorted(opened.utterances) == sorted(planned.utterance for planned in PLAN)


def test_an_utterance_that_is_not_done_moves_by_itself(tmp_path):
    prepare(tmp_path)
    longer = [replace(PLAN[0], frames=7), *PLAN[1:]]
    store = prepare(tmp_path, longer)
    assert store.frames("u0") == 7
    assert len(store.shards) == 2


def test_features_of_unknown_audio_are_of_any(tmp_path):
    unknown = [replace(planned, samples=0, source=0) for planned in PLAN]
    store = prepare(tmp_path, unknown)
    fill(store, unknown)
    assert store.changed(PLAN) == []
    assert store.source("u0") == 0


def test_features_are_known_under_other_ids(tmp_path):
    store = prepare(tmp_path)
    fill(store)
    store.adopt({"other": "u3"})
    assert store.is_done("other")
    np.testing.assert_array_equal(store.read("other"), store.read("u3"))
    assert "other" not in FeatureStore(tmp_path)


def test_parts_of_a_job_array_join_by_lying_in_a_folder(tmp_path):
    for number, plan in (("1of2", PLAN[:3]), ("2of2", PLAN[3:])):
        store = prepare(tmp_path, plan, prefix=f"shard-{number}")
        fill(store, plan)
    store = FeatureStore(tmp_path)
    assert len(store.shards) == 2
    assert all(store.is_done(planned.utterance) for planned in PLAN)


def test_blocks_do_not_depend_on_shards(tmp_path):
    one = prepare(tmp_path / "one", block_samples=32_000)
    many = prepare(tmp_path / "many", block_samples=32_000, shard_bytes=1)
    assert (len(one.shards), len(many.shards)) == (1, 3)
    assert [len(group) for group in many.by_shard(PLAN)] == [2, 2, 2]


OPEN_FEW = """
import resource, sys
from cache import FeatureStore
resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
store = FeatureStore(sys.argv[1])
held = [store.read(name) for name in store.utterances]
assert [int(values[0, 0, 0]) for values in held] == [2, 4, 6, 8, 10, 12] * 5
assert not held[0].flags.writeable
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_more_shards_than_files_may_be_open(tmp_path):
    plan = [
        replace(planned, utterance=f"{planned.utterance}-{copy}")
        for copy in range(5)
        for planned in PLAN
    ]
    store = prepare(tmp_path, plan, block_samples=1, shard_bytes=1)
    assert len(store.shards) == 30
    fill(store, plan)
    subprocess.run([sys.executable, "-c", OPEN_FEW, str(tmp_path)], check=True)


def test_where_files_cannot_be_mapped_features_are_copied(tmp_path, monkeypatch):
    fill(prepare(tmp_path))

    def refuse(*_, **__):
        raise OSError(19, "No such device")

    monkeypatch.setattr("cache.mapped.mmap.mmap", refuse)
    store = FeatureStore(tmp_path)
    np.testing.assert_array_equal(store.read("u4"), np.full((2, 2, 3), 10))
    store.expect("u4", [0])
    store.release("u4", [0])
    assert store.damaged() == []
