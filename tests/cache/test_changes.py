"""Utterances of which the audio changes get another place, and features can have several ids."""

from dataclasses import replace

import numpy as np
import pytest

from cache import FeatureStore, PlannedUtterance, StoreError, find_changed_audio, find_same_audio
from tests.cache.small import PLAN, fill, prepare, values


def test_a_retired_utterance_gets_another_place(tmp_path):
    store = prepare(tmp_path)
    fill(store)
    longer = [*PLAN[:2], replace(PLAN[2], samples=20_000, frames=5, source=98), *PLAN[3:]]
    assert find_changed_audio(store, longer) == ["u2"]
    with pytest.raises(StoreError, match=r"1 utterance has other audio.*: u2"):
        prepare(tmp_path, longer)
    store.retire(["u2"])
    assert "u2" not in store
    again = prepare(tmp_path, longer)
    assert not again.is_done("u2")
    fill(again, longer)
    opened = FeatureStore(tmp_path)
    np.testing.assert_array_equal(opened.read("u2"), values(longer[2]))
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
    assert find_changed_audio(store, PLAN) == []
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
    plan = [PlannedUtterance(f"u{n}", 16_000, 2) for n in range(6)]
    one = prepare(tmp_path / "one", plan, block_samples=32_000)
    many = prepare(tmp_path / "many", plan, block_samples=32_000, shard_bytes=1)
    assert (len(one.shards), len(many.shards)) == (1, 3)
    assert [len(group) for group in many.by_shard(plan)] == [2, 2, 2]


def test_where_files_cannot_be_mapped_features_are_copied(tmp_path, monkeypatch):
    fill(prepare(tmp_path))

    def refuse(*_, **__):
        raise OSError(19, "No such device")

    monkeypatch.setattr("cache.shards.mapped.mmap.mmap", refuse)
    store = FeatureStore(tmp_path)
    np.testing.assert_array_equal(store.read("u4"), values(PLAN[4]))
    store.expect("u4", [0])
    store.release("u4", [0])
    assert store.damaged() == []


def test_audio_that_changed_under_finished_features_is_refused(tmp_path):
    store = prepare(tmp_path)
    store.write("u0", values(PLAN[0]), source=8)
    changed = [PlannedUtterance("u0", 400, 1, source=10), *PLAN[1:]]
    with pytest.raises(StoreError, match=r"1 utterance has other audio than .*: u0"):
        prepare(tmp_path, changed)
    longer = [PlannedUtterance("u0", 401, 1, source=8), *PLAN[1:]]
    with pytest.raises(StoreError, match=r"1 utterance has other audio than .*: u0"):
        prepare(tmp_path, longer)
    prepare(tmp_path, [PlannedUtterance("u0", 400, 1, source=8), *PLAN[1:]])


def test_what_has_changed_gets_another_place_where_asked(tmp_path):
    fill(prepare(tmp_path))
    plan = [PlannedUtterance("u1", 900, 4, 99), *PLAN[2:]]
    store = prepare(tmp_path, plan, update=True)
    assert store.replaced == ("u1",)
    assert (store.frames("u1"), store.is_done("u1")) == (4, False)
    assert [store.is_done(p.utterance) for p in PLAN] == [1, 0, 1, 1, 1]
    store.write("u1", values(plan[0]), 99)
    reopened = FeatureStore(tmp_path)
    np.testing.assert_array_equal(reopened.read("u1"), values(plan[0]))
    assert not prepare(tmp_path, plan).replaced


def test_named_utterances_are_not_done_any_more_in_their_place(tmp_path):
    fill(prepare(tmp_path))
    store = prepare(tmp_path, again=("u2", "of another part"))
    assert [store.is_done(p.utterance) for p in PLAN] == [1, 1, 0, 1, 1]
    assert len(store.shards) == 1
    with pytest.raises(StoreError, match="other software versions"):
        prepare(tmp_path, again=("u3",), software={"torch": "2.12.0"})
    assert FeatureStore(tmp_path).is_done("u3")


def test_the_same_audio_is_found_under_another_id(tmp_path):
    fill(prepare(tmp_path))
    plan = [replace(p, utterance=f"x{p.utterance}") for p in PLAN]
    plan.append(PlannedUtterance("new", 400, 1, 99))
    store = prepare(tmp_path, plan)
    assert store.aliases == {f"x{p.utterance}": p.utterance for p in PLAN}
    assert not store.is_done("new")
    np.testing.assert_array_equal(store.read("xu3"), store.read("u3"))
    assert "xu3" not in FeatureStore(tmp_path)
    assert store.by_shard(plan) == [plan[-1:]]
    unknown = [replace(p, source=0) for p in plan]
    assert find_same_audio(FeatureStore(tmp_path), unknown) == {}
    longer = [replace(p, samples=p.samples + 1) for p in plan]
    assert find_same_audio(FeatureStore(tmp_path), longer) == {}


def test_what_is_given_up_is_not_adopted(tmp_path):
    fill(prepare(tmp_path))
    old = PLAN[1]
    plan = [replace(old, source=98), replace(old, utterance="moved")]
    store = prepare(tmp_path, plan, update=True)
    assert not store.aliases
    assert [store.is_done(p.utterance) for p in plan] == [False, False]
