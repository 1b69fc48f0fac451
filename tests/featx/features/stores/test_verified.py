"""Damaged features are refused by name when they are first read, and whole ones checked once."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

import featx
from cache import DamagedStore, DiskFull, FeatureStore
from featx.features.stores.verified import check_features
from featx.layer_analysis.probes.probe import probe

STORE = Path("features/manifest/tiny")
SHARD = STORE / "shard-0000.h5"


def flip(utterance: str, layer: int, bit: int = 9) -> None:
    """Flip a bit of a feature; of a low one the value stays finite."""
    with h5py.File(SHARD, "r+") as file:
        index = list(file["utterance"].asstr()).index(utterance)
        place = layer, file["frame_offset"][index], 0
        value = np.array(file["features"][place])
        file["features"][place] = (value.view(np.uint16) ^ (1 << bit)).view(np.float16)


def age(monkeypatch) -> None:
    """Let files have been written a while ago: one that has just changed can change again."""
    monkeypatch.setattr("featx.data.files.digests.UNSETTLED", -100)


@pytest.fixture
def looked_at(monkeypatch):
    """Return the list of utterances that are checked."""
    names = []
    original = FeatureStore.is_whole

    def look(store, utterance, layers=None):
        names.append(utterance)
        return original(store, utterance, layers)

    monkeypatch.setattr(FeatureStore, "is_whole", look)
    return names


@pytest.mark.parametrize(
    "use",
    [
        lambda: featx.fit("linear"),
        lambda: featx.fit("dense"),
        lambda: featx.pooled_features(STORE),
        lambda: featx.FeatureDataset(STORE),
        probe,
    ],
    ids=["linear", "dense", "arrays", "dataset", "probe"],
)
def test_damage_is_refused_by_name(extracted, use):
    flip("happy-3-1", layer=1)
    message = r"1 of 36 utterances are damaged.*: happy-3-1\."
    with pytest.raises(DamagedStore, match=message) as error:
        use()
    assert error.value.utterances == ("happy-3-1",)
    assert not Path("runs").exists() or not list(Path("runs").glob("*/metrics.json"))


def test_prediction_refuses_damage(extracted):
    featx.fit("linear", name="run")
    flip("sad-0-0", layer=0)
    with pytest.raises(DamagedStore, match="sad-0-0"):
        featx.predict("runs/run", STORE)


def test_a_layer_that_is_not_used_may_be_damaged(extracted):
    flip("happy-3-1", layer=1)
    featx.fit("linear", layers="2")


def test_what_is_whole_is_checked_once_until_the_file_changes(
    extracted, looked_at, tmp_path, monkeypatch
):
    names = FeatureStore(STORE).utterances
    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "own"))
    age(monkeypatch)
    check_features(FeatureStore(STORE), [0, 1], names[:5])
    check_features(FeatureStore(STORE), [1], names[:5])
    assert sorted(looked_at) == sorted(names[:5])
    check_features(FeatureStore(STORE), [0], names)
    assert sorted(looked_at) == sorted(names)
    check_features(FeatureStore(STORE), [0, 2], names[5:6])
    assert sorted(looked_at) == sorted([*names, names[5]])
    flip(names[7], layer=0)
    with pytest.raises(DamagedStore, match=names[7]):
        check_features(FeatureStore(STORE), [0], names)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"no archive"])
def test_a_record_that_can_not_be_read_counts_for_nothing(
    extracted, looked_at, tmp_path, monkeypatch, content
):
    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "own"))
    names = FeatureStore(STORE).utterances
    age(monkeypatch)
    check_features(FeatureStore(STORE), [0], names)
    (record,) = (tmp_path / "own" / "whole").iterdir()
    record.write_bytes(content)
    check_features(FeatureStore(STORE), [0], names)
    assert sorted(looked_at) == sorted(names * 2)


def test_a_cache_that_can_not_be_written_is_no_matter(extracted, tmp_path, monkeypatch):
    (tmp_path / "own").write_text("a file")
    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "own"))
    check_features(FeatureStore(STORE), [0], FeatureStore(STORE).utterances)


def test_a_cache_on_a_full_disk_is_no_matter(extracted, monkeypatch):
    def fill_up(path, arrays):
        raise DiskFull(f"{path}: the disk is full.")

    age(monkeypatch)
    monkeypatch.setattr("featx.features.stores.verified.write_npz", fill_up)
    check_features(FeatureStore(STORE), [0], FeatureStore(STORE).utterances)


def test_another_store_in_the_same_place_is_another(extracted, looked_at, tmp_path, monkeypatch):
    age(monkeypatch)
    names = FeatureStore(STORE).utterances
    check_features(FeatureStore(STORE), [0], names)
    shutil.copy2(SHARD, tmp_path / "copy.h5")
    (tmp_path / "copy.h5").replace(SHARD)
    check_features(FeatureStore(STORE), [0], names)
    assert sorted(looked_at) == sorted(names * 2)
