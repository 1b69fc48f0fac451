"""A bit that changes anywhere in a store is noticed, and mended by computing what it was in."""

import random
import shutil

import h5py
import pytest

from cache import DamagedStore, FeatureStore
from tests.cache.small import PLAN, fill, prepare, values

FLIPS = 200


def regions(path):
    """Return where features and marks are, and all of the file but those."""
    places = {}
    with h5py.File(path) as file:
        for name in ("features", "source", "checksum", "done", "tables_checksum"):
            begin = file[name].id.get_offset()
            places[name] = range(begin, begin + file[name].nbytes)
    inside = set().union(*places.values())
    places["tables"] = [place for place in range(path.stat().st_size) if place not in inside]
    return places


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    fill(prepare(folder))
    return folder


@pytest.mark.parametrize("name", ["features", "source", "checksum", "done"])
def test_a_flipped_bit_is_found_and_mended(whole, tmp_path, name):
    original = (whole / "shard-0000.h5").read_bytes()
    path = tmp_path / "shard-0000.h5"
    generator = random.Random(name)
    for place in generator.choices(list(regions(whole / path.name)[name]), k=FLIPS // 4):
        changed = bytearray(original)
        changed[place] ^= 1 << generator.randrange(8)
        path.write_bytes(changed)
        store = FeatureStore(tmp_path)
        undone = [name for name in store.utterances if not store.is_done(name)]
        damaged = store.damaged()
        assert len(damaged + undone) == 1
        store.forget(damaged)
        fill(prepare(tmp_path))
        assert path.read_bytes() == original


def test_a_flipped_bit_of_the_tables_is_found(whole, tmp_path):
    original = (whole / "shard-0000.h5").read_bytes()
    path = tmp_path / "shard-0000.h5"
    places = regions(whole / path.name)
    generator = random.Random("tables")
    for place in generator.choices([*places["tables"], *places["tables_checksum"]], k=FLIPS):
        changed = bytearray(original)
        changed[place] ^= 1 << generator.randrange(8)
        path.write_bytes(changed)
        with pytest.raises(DamagedStore, match=r"shard-0000\.h5"):
            FeatureStore(tmp_path)


def test_layers_are_checked_alone(whole, tmp_path):
    shutil.copy(whole / "shard-0000.h5", tmp_path)
    with h5py.File(tmp_path / "shard-0000.h5", "r+") as file:
        file["features"][1, 3, 2] = 9  # of u2
    store = FeatureStore(tmp_path)
    assert store.is_whole("u2", [0, 2])
    assert not store.is_whole("u2", [1])
    assert store.checksum("u2", [0]) != store.checksum("u2", [1])


def test_damage_is_found(tmp_path):
    store = prepare(tmp_path)
    fill(store)
    with h5py.File(tmp_path / "shard-0000.h5", "r+") as file:
        file["features"][1, 3, 2] = 9
    assert FeatureStore(tmp_path).damaged() == ["u2"]  # frames 3 to 5
    store.write("u2", values(PLAN[2]))
    assert FeatureStore(tmp_path).damaged() == []
