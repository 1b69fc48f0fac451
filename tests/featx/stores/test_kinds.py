"""The tools work on stores of every kind: in 8 bits, compressed, pooled."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import featx
from cache import DamagedStore, FeatureStore, StoreError
from cache.layout import PlannedUtterance
from cache.shards.create import create_shard
from cache.shards.shard import Shard
from featx.features.stores.verified import check_features

KINDS = {
    "int8": {"dtype": "int8"},
    "compressed": {"compress": True},
    "compressed int8": {"dtype": "int8", "compress": True},
    "pooled": {"step": 0.0, "dtype": "float32"},
}


@pytest.fixture(params=KINDS, ids=list(KINDS))
def store(request, make_store) -> FeatureStore:
    options = dict(KINDS[request.param])
    compressed = options.pop("compress", False)
    opened = FeatureStore(make_store(**options))
    if compressed:
        opened.compress(opened.utterances)
    return opened


def write_rows(name: str, utterances) -> Path:
    rows = [f"{utterance},{utterance}.wav,s,sad" for utterance in utterances]
    Path(name).write_text("\n".join(["utterance,path,speaker,label", *rows]))
    return Path(name)


def read(store: FeatureStore) -> dict[str, bytes]:
    return {name: store.read(name).tobytes() for name in sorted(store.utterances)}


def flip(path: Path, place: int, bit: int = 3) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)


def test_what_is_pruned_stays_of_its_kind(store):
    before, folder = read(store), store.folder
    kept = store.utterances[::2]
    rows = write_rows("half.csv", kept)
    size = featx.store_info(folder).nbytes
    foreseen = featx.prune_store(folder, rows, dry_run=True).freed
    pruned = featx.prune_store(folder, rows)
    assert 0 < foreseen < size
    assert pruned.freed == size - featx.store_info(folder).nbytes
    after = FeatureStore(folder)
    assert read(after) == {name: before[name] for name in sorted(kept)}
    assert (after.compressed == len(after.shards)) == bool(store.compressed)
    assert not featx.verify_store(folder).is_damaged


@pytest.mark.parametrize("to", ["npy", "h5", "parquet"])
def test_what_is_exported_comes_back(store, to, manifest):
    path = featx.export_features(store.folder, to).path
    back = featx.import_features(path, name="back").store
    assert back.layout.dtype == store.layout.computed
    assert back.identity.frame_step == store.identity.frame_step
    assert read(back) == read(store)


def test_damage_is_not_exported(store):
    path, index = store.cell("u5")
    begin = Shard(path)._regions["source"][0] + 8 * index
    flip(path, begin)
    with pytest.raises(DamagedStore, match=r"damaged.*: u5\."):
        featx.export_features(store.folder, "npy")


def test_info_says_what_features_are(store):
    info = featx.store_info(store.folder)
    text = next(line for line in info.to_text().splitlines() if line.startswith("features"))
    often = "a frame" if store.identity.frame_step else "an utterance"
    ending = ", compressed" if store.compressed else ""
    assert text.endswith(f"4 {often} in {store.layout.dtype}{ending}")
    assert info.to_json()["compressed"] == store.compressed
    assert featx.list_stores().stores[0].done == 18


@pytest.mark.parametrize("name", ["scale", "offset"])
def test_factors_that_were_found_whole_are_checked_when_they_change(make_store, name, monkeypatch):
    monkeypatch.setattr("featx.data.files.digests.UNSETTLED", -100)
    store = FeatureStore(make_store(dtype="int8"))
    check_features(store, [0, 1, 2], store.utterances)
    path, index = store.cell("u3")
    factors = 3 * 4 * 4
    flip(path, Shard(path)._regions[name][0] + index * factors + 4 * 4 + 1)
    changed = FeatureStore(store.folder)
    check_features(changed, [0, 2], changed.utterances)
    with pytest.raises(DamagedStore, match="u3"):
        check_features(changed, [1], changed.utterances)


def test_what_is_remembered_may_be_damaged_anywhere(make_store, monkeypatch, tmp_path):
    monkeypatch.setattr("featx.data.files.digests.UNSETTLED", -100)
    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "kept"))
    store = FeatureStore(make_store(count=6))
    check_features(store, [0], store.utterances)
    (path,) = (tmp_path / "kept" / "whole").iterdir()
    whole = path.read_bytes()
    for place in range(0, len(whole), 5):
        path.write_bytes(whole)
        flip(path, place, place % 8)
        check_features(store, [0], store.utterances)
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None  # written anew


def test_an_undone_place_gives_way_to_a_done_one(make_store):
    folder = make_store()
    store = FeatureStore(folder)
    plan = [PlannedUtterance("u3", 0, store.frames("u3"))]
    create_shard(folder / "shard-.h5", plan, store.layout, store.identity, {})
    before = store.read("u3").tobytes()
    with pytest.raises(StoreError, match=r"in another shard too.*--repair"):
        FeatureStore(folder)
    assert featx.verify_store(folder, repair=True).stores[0].found.doubled == ["u3"]
    assert FeatureStore(folder).read("u3").tobytes() == before


def test_shards_of_another_shape_are_refused(make_store):
    folder = make_store()
    identity = FeatureStore(folder).identity
    make_store("other", dtype="float32")
    Path("other/shard-0000.h5").rename(folder / "shard-0900.h5")
    assert FeatureStore(Path("other")).identity == identity
    assert "holds other features" in featx.verify_store(folder).to_text()


@pytest.mark.parametrize(
    "options",
    [
        {"pool": "mean", "layers": "0,2"},
        {"frames": 10, "dtype": "int8", "compress": True, "normalize_waveform": "no"},
    ],
)
def test_the_extraction_that_a_repair_names_gives_the_same_features(
    write_corpus, checkpoint_folder, options
):
    write_corpus(speakers=1)
    store = featx.extract(checkpoint_folder, **options).store
    before = store.shards[0].read_bytes()
    flip(store.shards[0], Shard(store.shards[0])._regions["source"][0])
    (cure,) = featx.verify_store(store.folder, repair=True).cures
    arguments = {**cure.arguments, "model": checkpoint_folder}
    featx.extract(**arguments)
    assert store.shards[0].read_bytes() == before


@pytest.mark.parametrize(
    "command",
    [
        ("ls", "{}"),
        ("info", "{}"),
        ("verify", "{}"),
        ("prune", "{}", "--manifest", "manifest.csv"),
        ("rm", "{}", "--yes"),
        ("export", "{}", "--to", "npy"),
        ("import", "{}", "--name", "theirs"),
        ("import", "theirs.npz", "--name", "theirs", "--out", "{}"),
    ],
    ids=lambda command: command[0],
)
def test_urls_are_refused_in_a_sentence(manifest, run_featx, command):
    url = "s3://bucket/store"
    code, _, message = run_featx("cache", *(part.format(url) for part in command))
    assert code != 0
    assert url in message
    assert "is on a server" in message


def test_statistics_damaged_anywhere_do_not_stop_a_pruning(make_store):
    folder = make_store()
    path = folder / "statistics" / ("0" * 16 + ".npz")
    path.parent.mkdir()
    np.savez(path, names=np.array(["u1", "u2"]), mean=np.arange(2.0))
    whole = path.read_bytes()
    names = [f"u{n}" for n in range(18)]
    for place in (whole.index(b"PK\1\2") + offset for offset in (8, 10, 24)):  # flags, method, size
        path.write_bytes(whole)
        flip(path, place, 0 if place % 2 == 0 else 3)
        names.pop()
        assert featx.prune_store(folder, write_rows("a.csv", names)).removed
        assert json.dumps(featx.verify_store(folder).to_json())
