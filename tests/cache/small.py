"""Small stores for the tests: prepared, and filled with noise that is the same each time."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cache import FeatureIdentity, FeatureStore, Layout, PlannedUtterance, prepare_store

LAYOUT = Layout(("0", "1", "2"), 4)
IDENTITY = FeatureIdentity("tiny", "", frame_step=0.02)
# even digests: of what files hold
PLAN = [PlannedUtterance(f"u{n}", 320 * n + 400, n + 1, 2**63 + 2 * n) for n in range(5)]


def prepare(
    folder: Path,
    plan: Sequence[PlannedUtterance] = PLAN,
    layout: Layout = LAYOUT,
    **options: Any,
) -> FeatureStore:
    """Make room for a plan, an utterance a block."""
    usual = {"identity": IDENTITY, "software": {"torch": "2.11.0"}, "block_samples": 1}
    return prepare_store(folder, plan, layout, **{**usual, **options})


def values(planned: PlannedUtterance, layout: Layout = LAYOUT) -> np.ndarray:
    """Return the features of an utterance, (layers, frames, dim)."""
    generator = np.random.default_rng(planned.samples)
    shape = (len(layout.layers), planned.frames, layout.dim)
    return generator.standard_normal(shape).astype(layout.dtype.replace("int8", "float32"))


def fill(
    store: FeatureStore,
    plan: Sequence[PlannedUtterance] = PLAN,
    features: Callable[[PlannedUtterance, Layout], np.ndarray] = values,
) -> None:
    """Write the features of all utterances that are not done."""
    for planned in plan:
        if not store.is_done(planned.utterance):
            given = features(planned, store.layout)
            store.write(planned.utterance, given, planned.source)
