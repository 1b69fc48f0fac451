"""S3 over HTTP, as moto serves it on this machine."""

import logging
import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pytest

import featx
from cache import FeatureStore
from featx.features.stores import remote as remote_stores
from featx.features.stores.folders import open_store
from featx.features.writing import write
from featx.utils.remote import server as asked
from featx.utils.remote.path import to_path
from featx.utils.remote.problems import RemoteError

pytestmark = pytest.mark.thorough
URL = "s3://bucket/stores/tiny"
KILLS = 5


def extract_in_steps(say, model, out):
    """Extract from S3 to several small shards, sent as they are finished.

    It runs in a fork, where nothing that is changed needs to be put back, and says when steps
    begin and end.
    """

    def said(step, function):
        def call(*given, **options):
            say(step)
            result = function(*given, **options)
            say(f"{step} done")
            return result

        return call

    def small(*given, **options):
        return prepare(*given[:5], 4000, 8000, *given[7:], **options)

    prepare = write.prepare_store
    write.prepare_store = small
    FeatureStore.write = said("write", FeatureStore.write)
    remote_stores.upload = said("send", remote_stores.upload)
    remote_stores._EVERY = 0.02
    featx.extract(model, "s3://bucket/corpus/manifest.csv", out=out, precision="float32")


def start_extraction(model, out):
    """Return a process that extracts, and where it says its steps."""
    fork = multiprocessing.get_context("fork")
    steps, there = fork.Pipe(duplex=False)
    process = fork.Process(target=extract_in_steps, args=(there.send, model, out))
    process.start()
    there.close()
    return process, steps


def steps_of(steps):
    """Return each step as it comes, until the process is no more."""
    with steps, suppress(EOFError):
        while True:
            yield steps.recv()


@pytest.fixture(scope="module")
def s3() -> Iterator[object]:
    """An S3 server with an empty bucket, and the file system that reaches it."""
    import s3fs
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    moto = ThreadedMotoServer(port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            patch.setenv(f"AWS_{name}", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem.clear_instance_cache()
        system = s3fs.S3FileSystem()
        system.mkdir("bucket")
        yield system
    s3fs.S3FileSystem.clear_instance_cache()
    moto.stop()


@pytest.fixture
def bucket(s3, extracted, tmp_path, monkeypatch):
    """The bucket, with the corpus, its manifest and nothing else."""
    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "own-cache"))
    monkeypatch.setattr(asked, "_known", {})
    s3.rm("bucket", recursive=True)
    s3.mkdir("bucket")
    s3.put("audio", "bucket/corpus/audio", recursive=True)
    s3.put("manifest.csv", "bucket/corpus/manifest.csv")
    return s3


def equal(store, other):
    assert sorted(store.utterances) == sorted(other.utterances)
    for name in other.utterances:
        np.testing.assert_array_equal(store.read(name), other.read(name))
    return True


def test_audio_and_store_on_s3_give_the_features_of_local_files(bucket, checkpoint_folder):
    extraction = featx.extract(
        checkpoint_folder, "s3://bucket/corpus/manifest.csv", out=URL, precision="float32"
    )
    assert not extraction.failures
    assert equal(open_store(URL), FeatureStore("features/manifest/tiny"))
    run = featx.fit("linear", manifest="s3://bucket/corpus/manifest.csv", features=URL, folds=3)
    local = featx.fit("linear", folds=3, name="local")
    assert run.results.scores["uar"].mean == local.results.scores["uar"].mean
    audio = "s3://bucket/corpus/audio/sad-0-0.wav"
    assert featx.predict(run, audio, encoder=checkpoint_folder).labels


def test_a_missing_file_fails_alone(bucket, checkpoint_folder):
    bucket.rm("bucket/corpus/audio/sad-0-0.wav")
    extraction = featx.extract(checkpoint_folder, "s3://bucket/corpus/manifest.csv", out="here")
    assert list(extraction.failures) == ["sad-0-0"]
    assert str(extraction.failures["sad-0-0"]).startswith(
        "s3://bucket/corpus/audio/sad-0-0.wav: no such"
    )


def test_a_missing_bucket_is_said(bucket, checkpoint_folder):
    with pytest.raises(RemoteError, match="there is no bucket nowhere"):
        featx.load_manifest("s3://nowhere/manifest.csv")
    with pytest.raises(RemoteError, match="there is no bucket nowhere"):
        featx.extract(checkpoint_folder, out="s3://nowhere/store")


def test_missing_credentials_are_said(bucket, monkeypatch):
    import s3fs

    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.delenv(f"AWS_{name}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        with pytest.raises(RemoteError, match="AWS_ACCESS_KEY_ID"):
            to_path("s3://bucket/corpus/manifest.csv").read_bytes()
    finally:
        s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.parametrize("size", [10, 120_000_000])  # in one part, and in several
def test_a_new_object_is_refused_by_the_server_if_it_is_there(bucket, tmp_path, size):
    file = tmp_path / "shard.h5"
    with file.open("wb") as opened:
        opened.truncate(size)
    asked.upload(file, "s3://bucket/shard.h5", True)
    assert asked.look_up("s3://bucket/shard.h5").size == size
    assert asked.list_files("s3://bucket")["shard.h5"] == asked.look_up("s3://bucket/shard.h5")
    with pytest.raises(FileExistsError):
        asked.upload(file, "s3://bucket/shard.h5", True)
    asked.upload(file, "s3://bucket/shard.h5", False)


def test_killed_at_any_moment_extraction_goes_on(bucket, checkpoint_folder, tmp_path, monkeypatch):
    chance = random.Random(0)
    process, _ = start_extraction(checkpoint_folder, "local")
    process.join()
    killed = []
    while True:
        process, steps = start_extraction(checkpoint_folder, URL)
        left = chance.randrange(1, 6)  # soon all is written, and only sent
        for step in steps_of(steps):
            left -= 1
            if not left and len(killed) < KILLS:
                time.sleep(chance.uniform(0, 0.02))
                process.kill()
                killed.append(step)
        process.join()
        if process.exitcode == 0:
            break
    print("killed after", killed, "with", len(shards(bucket)), "shards")
    assert len(killed) == KILLS
    assert len(shards(bucket)) > 3
    assert equal(open_store(URL), FeatureStore("local"))
    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "another"))  # what the server has, alone
    assert equal(open_store(URL), FeatureStore("local"))


def shards(bucket):
    bucket.invalidate_cache()
    return [path.rpartition("/")[2] for path in bucket.find("bucket/stores/tiny")]
