"""Extraction that is stopped, killed or finds damage ends with the store it should."""

import random
import signal
import time
from pathlib import Path

import pytest

from cache import FeatureStore, StoreError

STORE = Path("features/manifest/tiny")
ONE_BY_ONE = ("--precision", "float32", "--batch-seconds", "0.3")


def features(folder: Path = STORE) -> dict[str, bytes]:
    store = FeatureStore(folder)
    return {name: store.read(name).tobytes() for name in store.utterances}


def test_ctrl_c_keeps_what_is_done(write_corpus, run_featx, start_featx, checkpoint_folder):
    write_corpus(speakers=15, takes=3)
    process = start_featx("extract", "--model", checkpoint_folder, *ONE_BY_ONE)
    while _done() < 5 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130
    done = _done()
    assert f"Interrupted with {done} of 135 utterances done" in message
    assert "Traceback" not in message
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert f"{135 - done} utterances extracted, {done} there before" in outcome.out


def test_damage_is_repaired_when_extraction_goes_on(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1)
    run_featx("extract", "--model", checkpoint_folder, "--precision", "float32")
    whole = features()
    store = FeatureStore(STORE)
    shard = store._shards[0]
    with shard.path.open("r+b") as file:
        file.seek(shard._offsets["features"])
        file.write(b"\x00\x01\x02")
        file.seek(shard._offsets["done"] + 5)
        file.write(b"\x00")
    with pytest.raises(StoreError):
        features()
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert "2 utterances extracted, 4 there before" in outcome.out
    assert features() == whole


def test_what_is_damaged_is_not_done_even_if_it_can_not_be_mended(
    write_corpus, run_featx, checkpoint_folder
):
    write_corpus(speakers=1)
    run_featx("extract", "--model", checkpoint_folder)
    store = FeatureStore(STORE)
    store.forget(["angry-0-0"])
    with store._shards[0].path.open("r+b") as file:
        file.seek(store._shards[0]._offsets["features"])
        file.write(b"\x00\x01\x02")
    damaged = store.damaged()
    Path(f"audio/{damaged[0]}.wav").write_bytes(b"not audio any more")
    manifest = Path("manifest.csv")
    manifest.write_text(manifest.read_text())
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert outcome.code == 1
    assert len(damaged) == 1
    assert not FeatureStore(STORE).is_done(damaged[0])


def test_killed_at_three_random_moments_the_store_ends_the_same(
    write_corpus, run_featx, start_featx, checkpoint_folder
):
    write_corpus(speakers=15, takes=3)
    command = ("extract", "--model", checkpoint_folder, "--precision", "float32")
    command += ("--batch-seconds", "1")
    moments = sorted(random.Random(time.time_ns()).sample(range(100), 3))
    for moment in moments:
        process = start_featx(*command)
        deadline = time.monotonic() + 60
        while _done() < moment and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
        process.wait()
        assert moment <= _done() < 135, f"killed too late for moments {moments}"
    assert run_featx(*command).code == 0
    assert run_featx(*command, "--out", "whole").code == 0
    assert features() == features(Path("whole"))
    assert FeatureStore(STORE).damaged() == []


def _done() -> int:
    try:
        store = FeatureStore(STORE)
    except StoreError:
        return 0
    return sum(map(store.is_done, store.utterances))
