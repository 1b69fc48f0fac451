"""A store of random features beside a manifest, whose audio is not there."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cache import FeatureIdentity, FeatureStore, Layout, PlannedUtterance

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


def random_features(name: str, frames: int, layers: int = 3, dim: int = 4) -> np.ndarray:
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
        store = FeatureStore.prepare(
            Path(folder), plan, layout, identity, {}, shard_bytes=600, block_samples=0
        )
        for planned in plan:
            values = random_features(planned.utterance, planned.frames, len(layers))
            store.write(planned.utterance, values)
        return Path(folder)

    return make


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every shard."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("shard-*.h5"))}
