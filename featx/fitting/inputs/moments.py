"""The mean and deviation of every utterance, measured once and kept beside the store.

What heads standardise by adds up from them, and what linear classifiers pool are they themselves.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from classifiers.statistics import Moments
from featx.errors import DiskFull
from featx.fitting.inputs.joined_store import JoinedStore
from featx.fitting.inputs.selection import Selection
from featx.stores.contents import STATISTICS
from featx.utils.npz import read_npz, write_npz

log = logging.getLogger("featx")


def find_moments(
    selection: Selection, utterances: Sequence[str], keep: bool, frames: int | None = None
) -> dict[str, Moments]:
    """Return the moments of utterances: those kept beside the store, others measured on all cores.

    Args:
        selection: the layers of a store.
        utterances: ids of stored utterances.
        keep: whether what is read of the store may stay in memory.
        frames: how many frames at the beginning of each are measured; None for all.

    Raises:
        DamagedStore: if features are not as they were written.
    """
    if isinstance(selection.store, JoinedStore):  # each store keeps its own
        found = {
            names[own]: moments
            for alone, names in selection.by_store(utterances)
            for own, moments in find_moments(alone, list(names), keep, frames).items()
        }
        return {name: found[name] for name in utterances}
    path = _file(selection, frames)
    known = _read(path, selection)
    missing = [name for name in utterances if name not in known]
    if missing:
        try:
            _measure(selection, missing, keep, frames, known)
        finally:  # so that work that is interrupted goes on from there
            if known:
                _write(path, selection, known)
    return {name: known[name] for name in utterances}


def _measure(
    selection: Selection,
    utterances: Sequence[str],
    keep: bool,
    frames: int | None,
    known: dict[str, Moments],
) -> None:
    """Add the moments of utterances to those that are known, once their features are checked."""

    def measure(name: str) -> None:
        known[name] = selection.measure(name, frames)
        if not keep:
            selection.release(name)

    selection.check(utterances, measure)


def _file(selection: Selection, frames: int | None) -> Path:
    """Return where moments are kept: a name that changes with the features."""
    store = selection.store
    apart = ["apart"] if selection.has_moments else []
    features = [store.identity.to_json(), selection.layers, frames, *apart]
    digest = hashlib.sha256(json.dumps(features, sort_keys=True).encode()).hexdigest()
    return store.folder / STATISTICS / f"{digest[:16]}.npz"


def _read(path: Path, selection: Selection) -> dict[str, Moments]:
    """Return the moments kept before of features that are still those in the store."""
    store = selection.store
    try:
        names, sums, frames, mean, squares = ((read_npz(path) or {})[key] for key in _KEYS)
        shape = len(names), len(selection.rows), selection.shape.dim
        if mean.shape != shape or squares.shape != shape or not (frames > 0).all():
            return {}
        rows = list(zip(names.tolist(), sums.tolist(), frames.tolist(), mean, squares, strict=True))
    except (ValueError, KeyError):
        return {}  # absent, damaged, or of another version
    return {
        name: Moments(count, centre, spread)
        for name, checksum, count, centre, spread in rows
        if store.is_done(name) and store.checksum(name, selection.rows) == checksum
    }


def _write(path: Path, selection: Selection, moments: Mapping[str, Moments]) -> None:
    """Keep moments beside the store, if it can be written to."""
    store = selection.store
    moments = dict(sorted(moments.items()))  # threads end in any order
    checksums = [store.checksum(name, selection.rows) for name in moments]
    arrays = {
        "names": np.array(list(moments)),
        "checksums": np.array(checksums, np.uint64),
        "frames": np.array([m.frames for m in moments.values()]),
        "mean": np.stack([m.mean for m in moments.values()]),
        "squares": np.stack([m.squares for m in moments.values()]),
    }
    try:
        write_npz(path, arrays)
    except (OSError, DiskFull) as error:  # they can be measured again
        log.info("The moments of the features are not kept, as %s can't be written.", path.parent)
        log.debug("%s", error)


_KEYS = ("names", "checksums", "frames", "mean", "squares")
