"""What no manifest has goes, and what stays is the same to the last bit."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import featx
from cache import DamagedStore, FeatureStore
from featx.errors import FeatxError


def write_rows(name: str, utterances) -> Path:
    rows = [f"{utterance},{utterance}.wav,s,sad" for utterance in utterances]
    Path(name).write_text("\n".join(["utterance,path,speaker,label", *rows]))
    return Path(name)


@pytest.fixture
def assert_holds(random_features):
    def check(folder: Path, utterances) -> None:
        store = FeatureStore(folder)
        assert set(store.utterances) == set(utterances)
        assert not store.damaged()
        for name in utterances:
            values = random_features(name, store.frames(name)).astype(np.float16)
            assert np.array_equal(store.read(name), values)

    return check


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=st.sets(st.integers(0, 17), min_size=1), number=st.integers(0, 10**6))
def test_what_stays_is_the_same_to_the_last_bit(make_store, kept, number, assert_holds, contents):
    folder = make_store(f"features/m{number}/tiny")
    names = sorted(f"u{n}" for n in kept)
    middle = len(names) // 2
    manifests = [write_rows("a.csv", names[: middle + 1]), write_rows("b.csv", names[middle:])]
    pruned = featx.prune_store(folder, manifests)
    assert set(pruned.removed) == {f"u{n}" for n in range(18)} - set(names)
    assert pruned.kept == len(names)
    assert_holds(folder, names)
    before = contents(folder)
    assert not featx.prune_store(folder, manifests).removed
    assert contents(folder) == before
    featx.remove_store(folder)


def test_a_dry_run_changes_nothing(make_store, contents):
    folder = make_store()
    before = contents(folder)
    pruned = featx.prune_store(folder, write_rows("a.csv", ["u1"]), dry_run=True)
    assert pruned.freed > 0
    assert "would be freed; nothing was changed" in pruned.to_text()
    assert contents(folder) == before


def test_places_not_used_any_more_go_too(make_store, assert_holds):
    folder = make_store()
    store = FeatureStore(folder)
    store.retire(["u0", "u1"])
    names = [f"u{n}" for n in range(2, 18)]
    pruned = featx.prune_store(folder, write_rows("a.csv", names))
    assert (pruned.removed, pruned.retired) == ((), 2)
    assert_holds(folder, names)


def test_room_for_what_is_not_done_stays(make_store):
    folder = make_store()
    FeatureStore(folder).forget(["u2"])
    featx.prune_store(folder, write_rows("a.csv", ["u1", "u2"]))
    store = FeatureStore(folder)
    assert "u2" in store
    assert not store.is_done("u2")


def test_a_store_that_no_manifest_knows_stays(make_store, contents):
    folder = make_store()
    before = contents(folder)
    with pytest.raises(FeatxError, match="no manifest has any of its utterances"):
        featx.prune_store(folder, write_rows("a.csv", ["other"]))
    assert contents(folder) == before


def test_a_kill_at_any_moment_leaves_every_kept_utterance(make_store, monkeypatch, assert_holds):
    """Wherever the work stops, the store opens with all that stays, and the same again ends it."""
    names = [f"u{n}" for n in range(0, 9, 2)]
    replace, steps = Path.replace, 0
    for stop in range(99):
        folder = make_store(f"features/m{stop}/tiny", count=9)
        steps = 0

        def count(path, target, stop=stop):
            nonlocal steps
            steps += 1
            if steps == stop + 1:
                raise KeyboardInterrupt
            return replace(path, target)

        manifest = write_rows("a.csv", names)
        monkeypatch.setattr(Path, "replace", count)
        try:
            featx.prune_store(folder, manifest)
            break
        except FeatxError as error:
            assert "Prune again" in str(error)  # noqa: PT017
        finally:
            monkeypatch.setattr(Path, "replace", replace)
        store = FeatureStore(folder)
        assert set(names) <= set(store.utterances)
        assert not store.damaged()
        featx.prune_store(folder, manifest)
        assert_holds(folder, names)
    assert steps > 3


def test_damage_is_not_copied(make_store):
    folder = make_store()
    store = FeatureStore(folder)
    path, _ = store.cell("u0")
    content = path.read_bytes()
    raw = store.read("u1").tobytes()[:8]
    path.write_bytes(content.replace(raw, b"\0" * 8))
    with pytest.raises(DamagedStore, match="--repair"):
        featx.prune_store(folder, write_rows("a.csv", ["u1"]))


def test_statistics_of_what_goes_go(make_store):
    folder = make_store()
    path = folder / "statistics" / ("0" * 16 + ".npz")
    path.parent.mkdir()
    np.savez(path, names=np.array(["u1", "u2"]), mean=np.arange(2.0))
    featx.prune_store(folder, write_rows("a.csv", ["u2"]))
    with np.load(path) as file:
        assert file["names"].tolist() == ["u2"]
        assert file["mean"].tolist() == [1.0]
