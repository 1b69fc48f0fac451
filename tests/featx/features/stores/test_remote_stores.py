"""Stores that are extracted into a server and read from it."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

import featx
from cache import FeatureStore, StoreError
from featx.features.stores import remote as remote_stores
from featx.features.stores.folders import open_store
from featx.features.stores.known_shards import KnownShards
from featx.features.stores.remote import StoreCopy
from featx.utils.remote.path import to_path
from featx.utils.remote.problems import RemoteError

URL = "memory://stores/tiny"


@pytest.fixture
def sent(server, extracted):
    """A store on the server that equals the local one, which was extracted here."""
    for path in FeatureStore("features/manifest/tiny").shards:
        server.pipe(f"{URL}/{path.name}", path.read_bytes())
    return FeatureStore("features/manifest/tiny")


@pytest.fixture
def transfers(monkeypatch):
    """What was fetched and sent: names of shards."""
    done, download, upload = [], remote_stores.download, remote_stores.upload

    def fetch(url, *more):
        done.append(f"fetched {url.rpartition('/')[2]}")
        return download(url, *more)

    def send(file, url, *more):
        done.append(f"sent {file.name}")
        return upload(file, url, *more)

    monkeypatch.setattr(remote_stores, "download", fetch)
    monkeypatch.setattr(remote_stores, "upload", send)
    return done


def on_another_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "cache-of-another-machine"))


def same(store, other):
    assert store.utterances == other.utterances
    for name in other.utterances:
        assert store.is_done(name)
        np.testing.assert_array_equal(store.read(name), other.read(name))
    return True


def test_a_store_on_a_server_is_fetched_once_and_is_the_same(sent, transfers):
    assert same(open_store(URL), sent)
    assert same(open_store(f"{URL}/"), sent)
    assert transfers == ["fetched shard-0000.h5"]
    assert open_store(URL).folder.name == "tiny"


def test_a_shard_that_changed_or_went_on_the_server_does_here_too(sent, server, transfers):
    folder = open_store(URL).folder
    server.pipe(f"{URL}/shard-0000.h5", server.cat(f"{URL}/shard-0000.h5"))  # another version
    server.pipe(f"{URL}/notes.txt", b"")
    assert same(open_store(URL), sent)
    assert transfers == ["fetched shard-0000.h5"] * 2
    server.rm(f"{URL}/shard-0000.h5")
    with pytest.raises(StoreError, match=f"^{URL}: no feature store is here"):
        open_store(URL)
    assert list(folder.glob("*.h5"))  # it stays until there is another


def test_features_that_came_damaged_are_named(sent, server):
    shard = sent.shards[0]
    with h5py.File(shard, "r+") as file:
        file["features"][0, 3] += 1
    server.pipe(f"{URL}/shard-0000.h5", shard.read_bytes())
    name = sent.utterances[0]
    with pytest.raises(StoreError, match=rf"shard-0000.h5: .*1 utterance are damaged.*{name}"):
        open_store(URL)
    server.pipe(f"{URL}/shard-0000.h5", shard.read_bytes()[:-100])
    with pytest.raises(StoreError, match=r"shard-0000.h5, as it came from the server"):
        open_store(URL)


def test_extracting_to_a_server_gives_the_same_features(
    server, extracted, checkpoint_folder, transfers
):
    extraction = featx.extract(checkpoint_folder, out=URL, precision="float32")
    assert str(extraction.folder) == URL
    assert transfers == ["sent shard-0000.h5"]
    assert same(extraction.store, FeatureStore("features/manifest/tiny"))
    again = featx.extract(checkpoint_folder, out=URL, precision="float32")
    assert (again.extracted, again.kept) == (0, extraction.extracted)
    assert transfers == ["sent shard-0000.h5"]


def test_a_shard_that_is_compressed_while_it_is_sent_is_sent_again(
    server, extracted, checkpoint_folder, monkeypatch
):
    """A thread sends finished shards; compressing them gives them another size."""
    upload, compress, sizes = remote_stores.upload, FeatureStore.compress, []

    def compress_while_it_is_sent(store, names):
        def send(file, url, *more):
            compress(store, list(names))
            sizes.append(file.stat().st_size)
            upload(file, url, *more)

        with monkeypatch.context() as patch:
            patch.setattr(remote_stores, "upload", send)
            StoreCopy(to_path(URL)).send(only_finished=True)

    monkeypatch.setattr(FeatureStore, "compress", compress_while_it_is_sent)
    extraction = featx.extract(checkpoint_folder, compress=True, out=URL, precision="float32")
    assert same(extraction.store, FeatureStore("features/manifest/tiny"))
    assert [len(server.cat(f"{URL}/shard-0000.h5"))] == sizes
    notes = json.loads((extraction.store.folder / "remote.json").read_text())
    assert notes["shards"]["shard-0000.h5"]["size"] == sizes[0]


def test_another_machine_goes_on_from_what_the_server_has(
    server, extracted, checkpoint_folder, monkeypatch, tmp_path
):
    few = Path("manifest.csv").read_text().splitlines(keepends=True)[:9]
    Path("few.csv").write_text("".join(few))
    first = featx.extract(checkpoint_folder, "few.csv", out=URL, precision="float32")
    on_another_machine(monkeypatch, tmp_path)
    whole = featx.extract(checkpoint_folder, out=URL, precision="float32")
    assert (whole.kept, whole.extracted) == (8, 28)
    assert sorted(path.rpartition("/")[2] for path in server.ls(URL, detail=False)) == [
        "shard-0000.h5",
        "shard-0001.h5",
    ]
    assert len(first.store.utterances) == 36  # also on the machine that was first


def test_a_stop_between_sending_and_noting_it_is_mended(
    server, extracted, checkpoint_folder, monkeypatch, transfers
):
    with monkeypatch.context() as killed:
        killed.setattr(KnownShards, "note", lambda *_: None)
        featx.extract(checkpoint_folder, out=URL, precision="float32")
    assert featx.extract(checkpoint_folder, out=URL, precision="float32").extracted == 0
    assert transfers == ["sent shard-0000.h5", "fetched shard-0000.h5"]  # to compare


def test_a_store_that_went_from_the_server_is_sent_again(server, extracted, checkpoint_folder):
    featx.extract(checkpoint_folder, out=URL, precision="float32")
    server.rm(URL, recursive=True)
    assert featx.extract(checkpoint_folder, out=URL, precision="float32").extracted == 0
    assert server.exists(f"{URL}/shard-0000.h5")


def test_a_shard_of_another_machine_is_never_overwritten(
    server, extracted, checkpoint_folder, monkeypatch, tmp_path
):
    lines = Path("manifest.csv").read_text().splitlines(keepends=True)
    Path("begin.csv").write_text("".join(lines[:9]))
    Path("end.csv").write_text("".join([lines[0], *lines[-4:]]))
    send = StoreCopy.send

    def overtaken(copy, only_finished=False):
        monkeypatch.setattr(StoreCopy, "send", send)
        with monkeypatch.context() as there:
            on_another_machine(there, tmp_path)
            featx.extract(checkpoint_folder, "end.csv", out=URL, precision="float32")
        send(copy, only_finished)

    monkeypatch.setattr(StoreCopy, "send", overtaken)
    with pytest.raises(StoreError, match=r"shard-0000.h5 was written by another machine"):
        featx.extract(checkpoint_folder, "begin.csv", out=URL, precision="float32")
    with monkeypatch.context() as there:
        on_another_machine(there, tmp_path)
        assert len(open_store(URL).utterances) == 4


def test_damaged_features_on_the_server_are_extracted_again(
    sent, server, checkpoint_folder, transfers
):
    reference = {name: sent.read(name).copy() for name in sent.utterances}
    whole = sent.shards[0].read_bytes()
    with h5py.File(sent.shards[0], "r+") as file:
        file["features"][0, 3] += 1
    server.pipe(f"{URL}/shard-0000.h5", sent.shards[0].read_bytes())
    extraction = featx.extract(checkpoint_folder, out=URL)
    assert extraction.extracted == 1
    assert transfers == ["fetched shard-0000.h5", "sent shard-0000.h5"]
    assert server.cat(f"{URL}/shard-0000.h5") == whole
    for name, features in reference.items():
        np.testing.assert_array_equal(extraction.store.read(name), features)


def test_a_server_that_is_lost_costs_no_features(server, extracted, checkpoint_folder, monkeypatch):
    with monkeypatch.context() as cut:
        cut.setattr(type(server), "put_file", lost)
        with pytest.raises(RemoteError, match="can't be reached"):
            featx.extract(checkpoint_folder, out=URL, precision="float32")
    assert featx.extract(checkpoint_folder, out=URL, precision="float32").extracted == 0
    assert len(open_store(URL).utterances) == 36


def lost(self, *args, **kwargs):
    raise type("EndpointConnectionError", (Exception,), {})("no route")


def test_what_can_not_be_written_to_is_refused_before_work(extracted, checkpoint_folder):
    with pytest.raises(StoreError, match=r"nothing can be written over https://"):
        featx.extract(checkpoint_folder, out="https://host.invalid/store")


def test_a_run_names_its_store_by_the_url(sent, server, workplace):
    run = featx.fit("linear", features=URL, folds=3, name="remote")
    assert f'features = [\n    "{URL}",\n]' in (run.folder / "config.toml").read_text()
    shutil.rmtree("features")
    again = featx.fit(config=run, name="again")
    assert again.results.scores["uar"].mean == run.results.scores["uar"].mean
    assert len(featx.predict(run, URL).labels) == 36


def test_commands_take_urls(sent, server, run_featx, checkpoint_folder):
    for path in Path("audio").iterdir():
        server.pipe(f"memory://corpus/audio/{path.name}", path.read_bytes())
    server.pipe("memory://corpus/manifest.csv", Path("manifest.csv").read_bytes())
    outcome = run_featx(
        "fit", "--head", "linear", "--features", URL, "--manifest", "memory://corpus/manifest.csv",
        "--folds", "3", "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)
    audio = "memory://corpus/audio/sad-0-0.wav"
    run = "runs/manifest-tiny-linear"
    outcome = run_featx("predict", run, audio, "--encoder", checkpoint_folder)
    assert outcome.code == 0, outcome.err
    assert audio in outcome.out


def test_the_place_of_a_copy_is_that_of_its_url(server):
    folders = {StoreCopy(to_path(f"memory://stores/{name}")).folder for name in ("a", "a/", "b")}
    assert len(folders) == 2
