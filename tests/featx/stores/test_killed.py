"""A process that is killed in the midst of work on a store loses nothing that was done."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import featx
from cache import FeatureStore, writing

COUNT = 60  # utterances
STORE = Path("features/manifest/tiny")
KILLS, SEED = 6, 18


def write_rows(name: str, utterances) -> Path:
    rows = [f"{utterance},{utterance}.wav,s,sad" for utterance in utterances]
    Path(name).write_text("\n".join(["utterance,path,speaker,label", *rows]))
    return Path(name)


def killed(work: Callable[[], object], seconds: float) -> bool:
    """Do some work in another process and kill it after a while; tell whether it was at it."""
    process = os.fork()
    if not process:
        try:
            work()
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    return os.WIFSIGNALED(status)


def compress() -> None:
    store = FeatureStore(STORE)
    with writing(STORE):
        store.compress(store.utterances)


def prune() -> None:
    featx.prune_store(STORE, "half.csv")


def repair() -> None:
    featx.verify_store(STORE, repair=True)


def import_all() -> None:
    featx.import_features("all.npz", "all.csv", name="tiny", frame_step=0.02, out=STORE)


@pytest.fixture
def begin(make_store):
    """Return what lays the ground for a piece of work, and the ids that are done all along."""
    names = [f"u{n}" for n in range(COUNT)]
    make_store("whole", COUNT)
    whole = FeatureStore(Path("whole"))
    half = names[::2]
    write_rows("half.csv", half)
    write_rows("all.csv", names)
    np.savez("all.npz", **{name: whole.read(name) for name in names})

    def lay(work: Callable[[], object]) -> list[str]:
        shutil.rmtree(STORE, ignore_errors=True)
        if work is import_all:
            return []
        shutil.copytree("whole", STORE)
        if work is not repair:
            return half if work is prune else names
        compress()
        damaged = names[::7]
        store = FeatureStore(STORE)
        for path, index in map(store.cell, damaged):
            place = _first_byte(path, index)
            content = bytearray(path.read_bytes())
            content[place] ^= 4
            path.write_bytes(content)
        return [name for name in names if name not in damaged]

    return lay


def _first_byte(path: Path, index: int) -> int:
    with h5py.File(path) as file:
        return int(file["chunk_offset"][0, file["frame_offset"][index] // 64]) + 3


@pytest.mark.thorough
@pytest.mark.parametrize("work", [compress, prune, repair, import_all])
def test_nothing_done_is_lost_and_the_end_is_the_same(begin, work, contents):
    begin(work)
    start = time.monotonic()
    work()
    usual, wanted = time.monotonic() - start, contents(STORE)
    whole, generator, hits = FeatureStore(Path("whole")), random.Random(SEED), 0
    for _ in range(KILLS):
        stays = begin(work)
        hits += sum(killed(work, generator.uniform(0, usual)) for _ in range(2))
        if FeatureStore.exists(STORE):
            store = FeatureStore(STORE)
            damaged = set(store.damaged())
            assert not damaged & {*stays}
            assert not damaged or work is repair
            done = set(filter(store.is_done, store.utterances)) - damaged
            assert done >= {*stays}
            for name in done:
                assert np.array_equal(store.read(name), whole.read(name))
        work()
        assert contents(STORE) == wanted
        assert not featx.verify_store(STORE).is_damaged
    assert hits >= KILLS / 2
