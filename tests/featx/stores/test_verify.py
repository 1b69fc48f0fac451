"""Damage anywhere in a store is found and cleared, and computed again to the same bytes."""

import random
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

import featx
from cache import FeatureStore, PlannedUtterance, StoreError, prepare_store
from featx.stores.contents import foreign
from featx.utils.files import replace


def regions(path: Path) -> dict[str, list[int]]:
    """Return where the bytes of each changing dataset are, and all others as "tables"."""
    with h5py.File(path) as file:
        names = ("features", "source", "checksum", "done", "tables_checksum")
        begins = {name: (file[name].id.get_offset(), file[name].nbytes) for name in names}
    places = {name: [*range(b, b + n)] for name, (b, n) in begins.items()}
    inside = {place for name in places for place in places[name]}
    places["tables"] = [place for place in range(path.stat().st_size) if place not in inside]
    return places


def flip(path: Path, place: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)


def _plan(store: FeatureStore):
    return [PlannedUtterance(name, 0, store.frames(name)) for name in store.utterances]


@pytest.fixture
def pair(make_store) -> tuple[Path, Path]:
    """A store and an untouched copy of it."""
    folder = make_store()
    shutil.copytree(folder, "whole")
    return folder, Path("whole")


def test_a_whole_store_is_said_to_be(pair):
    verified = featx.verify_store()
    assert not verified.is_damaged
    assert verified.to_text() == f"{pair[0]}: 18 utterances whole"


@pytest.mark.parametrize("name", ["features", "source", "checksum", "done", "tables"])
def test_every_flipped_bit_is_found_and_mended(pair, name, contents, refill):
    folder, whole = pair
    draw = random.Random(name)
    for _ in range(2):
        shard = folder / draw.choice(sorted(contents(folder)))
        place = draw.choice(regions(whole / shard.name)[name])
        flip(shard, place, draw.randrange(8))
        assert featx.verify_store(folder).is_damaged
        assert contents(folder) != contents(whole)  # without `repair` nothing is changed
        repaired = featx.verify_store(folder, repair=True)
        assert not repaired.is_damaged
        assert not featx.verify_store(folder).is_damaged
        refill(folder, whole)
        assert contents(folder) == contents(whole)


def test_damaged_utterances_are_named(pair):
    folder, _ = pair
    store = FeatureStore(folder)
    for utterance in ("u3", "u11"):
        path, _ = store.cell(utterance)
        with h5py.File(path, "r+") as file:
            index = list(file["utterance"].asstr()).index(utterance)
            file["features"][1, file["frame_offset"][index]] += 1
    found = featx.verify_store(folder).stores[0].found
    assert found.damaged == ["u3", "u11"]
    text = featx.verify_store(folder).to_text()
    assert f"{folder}: 2 of 18 utterances damaged:\n  u3\n  u11\n" in text


@pytest.mark.parametrize("content", [b"", b"not HDF5", None])
def test_files_that_are_no_shards_any_more_are_set_aside(pair, content, contents, refill):
    folder, whole = pair
    path = folder / "shard-0001.h5"
    path.write_bytes(path.read_bytes()[:-200] if content is None else content)
    with pytest.raises(StoreError, match=r"shard-0001\.h5"):
        FeatureStore(folder)
    assert f"{path}: its tables are damaged" in featx.verify_store(folder).to_text()
    featx.verify_store(folder, repair=True)
    assert (folder / "shard-0001.h5.damaged").exists()
    refill(folder, whole)
    assert contents(folder) == contents(whole)
    featx.prune_store(folder, _manifest_of(whole))
    assert not (folder / "shard-0001.h5.damaged").exists()


def _manifest_of(folder: Path) -> Path:
    rows = [f"{name},{name}.wav,s,sad" for name in FeatureStore(folder).utterances]
    Path("m.csv").write_text("\n".join(["utterance,path,speaker,label", *rows]))
    return Path("m.csv")


def test_a_shard_that_is_gone_is_noted(pair, contents, refill):
    folder, whole = pair
    (folder / "shard-0001.h5").unlink()
    verified = featx.verify_store(folder)
    assert not verified.is_damaged
    assert "Not there: shard-0001.h5" in verified.to_text()
    refill(folder, whole)
    assert contents(folder) == contents(whole)


def test_an_utterance_in_two_shards_loses_the_second(pair):
    folder, _ = pair
    shutil.copy(folder / "shard-0000.h5", folder / "shard-0900.h5")
    with pytest.raises(StoreError, match="in another shard too"):
        FeatureStore(folder)
    assert featx.verify_store(folder).stores[0].found.doubled
    featx.verify_store(folder, repair=True)
    assert not featx.verify_store(folder).is_damaged
    assert len(FeatureStore(folder).utterances) == 18


def test_a_retired_place_that_comes_to_life_is_retired_again(pair, random_features):
    folder, _ = pair
    store = FeatureStore(folder)
    plan = _plan(store)
    path, index = store.cell("u3")
    store.retire(["u3"])
    store = prepare_store(folder, plan, store.layout, store.identity, {})
    store.write("u3", random_features("u3", store.frames("u3")))
    flip(path, regions(path)["done"][4 * index], 0)
    assert featx.verify_store(folder).stores[0].found.damaged == ["u3"]
    featx.verify_store(folder, repair=True)
    assert FeatureStore(folder).is_done("u3")


def test_damaged_statistics_are_removed(manifest, pair):
    folder, _ = pair
    path = folder / "statistics" / ("a" * 16 + ".npz")
    path.parent.mkdir()
    np.savez(path, mean=np.arange(99.0))
    assert not featx.verify_store(folder).is_damaged
    flip(path, path.stat().st_size // 2, 3)
    assert f"{path}: statistics are damaged" in featx.verify_store(folder).to_text()
    featx.verify_store(folder, repair=True)
    assert not path.exists()


def test_a_file_that_cannot_be_read_is_not_taken_for_damaged(pair, monkeypatch, contents):
    folder, whole = pair
    unreadable, opened = folder / "shard-0001.h5", Path.open

    def refuse(path, *args, **kwargs):
        if path == unreadable:
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        verified = featx.verify_store(folder, repair=True)
    assert verified.is_damaged
    assert f"{unreadable}: can't be read (Permission denied)" in verified.to_text()
    assert contents(folder) == contents(whole)


def test_a_repair_waits_for_no_writer_and_a_check_needs_no_lock(pair, another_writer):
    folder, _ = pair
    with another_writer(folder):
        assert not featx.verify_store(folder).is_damaged
        with pytest.raises(StoreError):
            featx.verify_store(folder, repair=True)


def test_a_store_is_meant_by_its_name(pair):
    with pytest.raises(StoreError, match="did you mean features/manifest/tiny"):
        featx.verify_store("tiny")
    with pytest.raises(StoreError, match="did you mean features/manifest/tiny"):
        featx.verify_store("features/manifest/tin")


@pytest.mark.parametrize("name", ["notes.txt", "statistics/mine.csv", "old/shard-0000.h5"])
def test_only_a_store_is_removed(pair, name, contents):
    folder, whole = pair
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    with pytest.raises(StoreError, match=f"not the store's: {name}"):
        featx.remove_store(folder)
    assert path.read_text() == "mine"
    assert contents(folder) == contents(whole)
    path.unlink()
    assert not foreign(folder)
    assert featx.remove_store(folder).nbytes > 0
    assert not folder.exists()


def test_what_a_killed_process_was_writing_is_the_store_s(pair):
    folder, _ = pair
    (folder / "statistics").mkdir()

    def write(unfinished: Path) -> None:
        unfinished.touch()
        assert not foreign(folder)

    for path in (folder / "failures.csv", folder / "statistics" / f"{'a' * 16}.npz"):
        replace(path, write)


def test_nothing_is_removed_while_somebody_writes(pair, another_writer, contents):
    folder, whole = pair
    with another_writer(folder), pytest.raises(StoreError):
        featx.remove_store(folder)
    assert contents(folder) == contents(whole)


def test_what_lies_behind_a_link_is_not_removed(pair):
    folder, _ = pair
    Path("link").symlink_to(folder)
    with pytest.raises(StoreError, match="is a link"):
        featx.remove_store("link")
    (folder / "shard-0099.data").symlink_to(Path("whole").absolute())
    with pytest.raises(StoreError, match=r"shard-0099\.data"):
        featx.remove_store(folder)
