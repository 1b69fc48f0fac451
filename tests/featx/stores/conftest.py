"""A store of random features beside a manifest, whose audio is not there."""

import csv
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from cache import FeatureIdentity, FeatureStore, Layout, PlannedUtterance, prepare_store, writing

LABELS = ("angry", "happy", "sad")


def write_manifest(path: Path, count: int = 18) -> list[str]:
    """Write a manifest of files that are not there; return the ids."""
    names = [f"u{number}" for number in range(count)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("utterance", "path", "speaker", "label"))
        for number, name in enumerate(names):
            row = (name, f"audio/Actor_{number % 6}/take-{number}.wav", f"s{number % 6}")
            writer.writerow((*row, LABELS[number // 6]))
    return names


@pytest.fixture
def manifest(workplace) -> Path:
    write_manifest(Path("manifest.csv"))
    return Path("manifest.csv")


def _features(name: str, frames: int, layers: int = 3, dim: int = 4) -> np.ndarray:
    """Return features that depend on the name alone, (layers, frames, dim) float32."""
    generator = np.random.default_rng(list(name.encode()))
    return generator.standard_normal((layers, frames, dim)).astype(np.float32)


@pytest.fixture
def make_store(workplace) -> Callable[..., Path]:
    """Make a finished store of random features in several shards."""

    def make(
        folder: str = "features/manifest/tiny",
        count: int = 18,
        dtype: str = "float16",
        step: float = 0.02,
        layers: tuple[str, ...] = ("0", "1", "2"),
    ) -> Path:
        frames = [1 if not step else 3 + number % 4 for number in range(count)]
        plan = [PlannedUtterance(f"u{n}", 0, length) for n, length in enumerate(frames)]
        layout = Layout(layers, 4, dtype)
        identity = FeatureIdentity("tiny", "", frame_step=step, blocks=int(layers[-1]))
        store = prepare_store(
            Path(folder), plan, layout, identity, {}, shard_bytes=600, block_samples=0
        )
        for planned in plan:
            values = _features(planned.utterance, planned.frames, len(layers))
            store.write(planned.utterance, values)
        return Path(folder)

    return make


@pytest.fixture(scope="session")
def random_features() -> Callable[..., np.ndarray]:
    """Return the features that `make_store` writes of an utterance."""
    return _features


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Return the bytes of every shard of a folder."""
    return lambda folder: {p.name: p.read_bytes() for p in sorted(folder.glob("shard-*.h5"))}


@pytest.fixture(scope="session")
def refill() -> Callable[[Path, Path], None]:
    """Do what an extraction does: make room for what is not there, and write what is not done."""

    def fill(folder: Path, whole: Path) -> None:
        original = FeatureStore(whole)
        names = original.utterances
        plan = [PlannedUtterance(name, 0, original.frames(name)) for name in names]
        store = prepare_store(
            folder, plan, original.layout, original.identity, {}, shard_bytes=600, block_samples=0
        )
        for name in store.utterances:
            if not store.is_done(name):
                store.write(name, _features(name, store.frames(name)))

    return fill


@pytest.fixture(scope="session")
def another_writer() -> Callable[[Path], AbstractContextManager[None]]:
    """Hold the lock of a folder as another writer does; the same thread could ask again."""

    @contextmanager
    def hold(folder: Path) -> Iterator[None]:
        lock = writing(folder)
        with ThreadPoolExecutor(1) as other:
            other.submit(lock.__enter__).result()
            try:
                yield
            finally:
                other.submit(lock.__exit__, None, None, None).result()

    return hold
