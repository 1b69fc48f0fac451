"""Extraction that is stopped, killed or finds damage ends with the store it should."""

import random
import signal
import time
from pathlib import Path

import h5py
import pytest

import featx
from cache import FeatureStore, StoreError

STORE = Path("features/manifest/tiny")
ONE_BY_ONE = ("--precision", "float32", "--batch-seconds", "0.3")


def features(folder: Path = STORE) -> dict[str, bytes]:
    store = FeatureStore(folder)
    return {name: store.read(name).tobytes() for name in store.utterances}


@pytest.mark.parametrize(
    ("kind", "corpus", "options", "start"),
    [
        ("encoder", {"speakers": 15, "takes": 3}, ONE_BY_ONE, "fork_featx"),
        pytest.param(
            "egemaps",
            {"speakers": 5, "takes": 2, "seconds": 3.0},
            (),
            "start_featx",
            marks=pytest.mark.thorough,
        ),
    ],
)
def test_ctrl_c_keeps_what_is_done(
    write_corpus, request, checkpoint_folder, kind, corpus, options, start
):
    write_corpus(**corpus)
    model = checkpoint_folder if kind == "encoder" else kind
    store = STORE.with_name("tiny" if kind == "encoder" else kind)
    process = request.getfixturevalue(start)("extract", "--model", model, *options)
    while _done(store) < 5 and process.returncode is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    code, message = process.wait()
    assert code == 130
    done, count = _done(store), 3 * corpus["speakers"] * corpus["takes"]
    assert f"Interrupted with {done} of {count} utterances done" in message
    assert "Traceback" not in message
    extraction = featx.extract(model)
    assert (extraction.extracted, extraction.kept) == (count - done, done)


def damage(store: FeatureStore) -> None:
    """Overwrite the first features of a store."""
    path = store.folder / "shard-0000.h5"
    with h5py.File(path) as file:
        begin = file["features"].id.get_offset()
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(b"\x00\x01\x02")


def test_damage_is_repaired_when_extraction_goes_on(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    store = featx.extract(checkpoint_folder, precision="float32").store
    whole = features()
    damage(store)
    store.forget([store.utterances[5]])
    with pytest.raises(StoreError):
        features()
    extraction = featx.extract(checkpoint_folder)
    assert (extraction.extracted, extraction.kept) == (2, 4)
    assert features() == whole


def test_what_is_damaged_is_not_done_even_if_it_can_not_be_mended(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    store = featx.extract(checkpoint_folder, precision="float32").store
    store.forget(["angry-0-0"])
    damage(store)
    (damaged,) = store.damaged()
    Path(f"audio/{damaged}.wav").write_bytes(b"not audio any more")
    extraction = featx.extract(checkpoint_folder)
    assert list(extraction.failures) == [damaged]
    assert not FeatureStore(STORE).is_done(damaged)


@pytest.mark.thorough
def test_killed_at_three_random_moments_the_store_ends_the_same(
    write_corpus, fork_featx, checkpoint_folder
):
    write_corpus(speakers=15, takes=3)
    command = ("extract", "--model", checkpoint_folder, "--precision", "float32")
    command += ("--batch-seconds", "1")
    moments = sorted(random.Random(time.time_ns()).sample(range(100), 3))
    for moment in moments:
        process = fork_featx(*command)
        deadline = time.monotonic() + 60
        while _done() < moment and process.returncode is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert moment <= _done() < 135, f"killed too late for moments {moments}"
    options = {"precision": "float32", "batch_seconds": 1}
    featx.extract(checkpoint_folder, **options)
    featx.extract(checkpoint_folder, out="whole", **options)
    assert features() == features(Path("whole"))
    assert FeatureStore(STORE).damaged() == []


def _done(folder: Path = STORE) -> int:
    try:
        store = FeatureStore(folder)
    except StoreError:
        return 0
    return sum(map(store.is_done, store.utterances))
