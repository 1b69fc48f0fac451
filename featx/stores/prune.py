"""A store without the utterances that no manifest has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cache import FeatureStore, check_disk, describe_bytes, find_shards, writing
from cache.shards.rewrite import rewrite_shard
from cache.shards.shard import Shard
from featx.data.manifest import Manifest, load_without_audio
from featx.errors import FeatxError, Interrupted
from featx.stores.audio import same_audio
from featx.stores.contents import STATISTICS, disk_bytes
from featx.stores.find import open_folder
from featx.stores.repair import ASIDE
from featx.utils.arguments import as_list, checked
from featx.utils.npz import read_npz, write_npz
from featx.utils.progress import progress
from featx.utils.text import counted, listed


@dataclass(frozen=True)
class Pruning:
    """What was taken out of a store, or would be.

    Attributes:
        folder: where the store is.
        removed: the utterances that no manifest has.
        retired: how many places are not used any more, of features that were computed again.
        kept: how many utterances stay.
        freed: the bytes of what was taken out.
        dry_run: whether nothing was changed.
    """

    folder: Path
    removed: tuple[str, ...]
    retired: int
    kept: int
    freed: int
    dry_run: bool

    def to_text(self) -> str:
        """Say in words what was taken out."""
        names = f" ({listed(self.removed)})" if self.removed else ""
        places = f", {counted(self.retired, 'place')} not used any more" if self.retired else ""
        would = "would be freed; nothing was changed" if self.dry_run else "freed"
        return (
            f"{self.folder}: {counted(len(self.removed), 'utterance')} of no manifest{names}"
            f"{places}; {self.kept:,} stay. {describe_bytes(self.freed)} {would}."
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "store": str(self.folder),
            "removed": list(self.removed),
            "retired": self.retired,
            "kept": self.kept,
            "freed": self.freed,
            "dry_run": self.dry_run,
        }


@checked
def prune_store(
    store: str | Path | FeatureStore,
    manifest: str | Path | Manifest | Sequence[str | Path | Manifest],
    *,
    dry_run: bool = False,
) -> Pruning:
    """Write a store anew without the utterances that no manifest has, under whatever id.

    Each shard is replaced by one with the utterances that stay, or removed if none do; a stop at
    any moment leaves the old or the new one. The space of features that were computed anew
    elsewhere, and of damaged shards that were set aside, is freed too.

    Args:
        store: the store, or its folder.
        manifest: the manifests whose utterances stay: give all that use the store.
        dry_run: say what would be freed and change nothing.

    Returns:
        What was taken out.

    Raises:
        FeatxError: if none of its utterances would stay.
        StoreError: if there is no store, features are damaged, the disk is too small for the
            largest shard that is written anew, or somebody writes to it.
        Interrupted: on Ctrl-C; the same again goes on from there.

    Example:
        >>> featx.prune_store("features/manifest/encoder", "manifest.csv").removed
        ()
    """
    opened = open_folder(store)
    given: list[str | Path | Manifest] = as_list(manifest)
    loaded = [each if isinstance(each, Manifest) else load_without_audio(each) for each in given]
    utterances = [utterance for corpus in loaded for utterance in corpus.utterances]
    wanted = {utterance.utterance for utterance in utterances}
    wanted.update(same_audio(opened, utterances).values())
    if not any(utterance in wanted for utterance in opened.utterances):
        raise FeatxError(
            f"{opened.folder}: no manifest has any of its utterances, such as "
            f"{listed(opened.utterances)}. To remove all of it, remove the store."
        )
    if dry_run:
        return _prune(opened.folder, wanted, dry_run)
    with writing(opened.folder, "pruning the store"):
        try:
            return _prune(opened.folder, wanted, dry_run)
        except KeyboardInterrupt:
            raise Interrupted(
                "Interrupted; the store is whole. Prune again to go on from there."
            ) from None


def _prune(folder: Path, wanted: set[str], dry_run: bool) -> Pruning:
    before = disk_bytes(folder)
    plans = [_plan(path, wanted) for path in find_shards(folder)]
    removed = tuple(name for plan in plans for name in plan.removed)
    leftovers = [*folder.glob(f"*{ASIDE}"), *folder.glob("*.h5.*.tmp")]
    freed = sum(plan.freed for plan in plans) + sum(path.stat().st_size for path in leftovers)
    if not dry_run:
        work = [plan for plan in plans if not plan.is_all]
        largest = max((plan.stays for plan in work), default=0)
        check_disk(folder, largest, "the largest shard again", "move it to another disk")
        for path in leftovers:
            path.unlink()
        with progress("Pruning", sum(plan.stays for plan in work) / 1e6, "MB") as advance:
            for plan in work:
                _apply(plan, lambda nbytes: advance(nbytes / 1e6))
        if removed:
            _prune_statistics(folder, set(removed))
        freed = before - disk_bytes(folder)
    return Pruning(
        folder=folder,
        removed=removed,
        retired=sum(plan.retired for plan in plans),
        kept=sum(len(plan.kept) for plan in plans),
        freed=freed,
        dry_run=dry_run,
    )


@dataclass(frozen=True)
class _Plan:
    """What becomes of a shard.

    Attributes:
        path: its file.
        kept: the places of the utterances that stay.
        removed: the utterances that do not.
        retired: how many places are not used any more.
        freed: about the bytes that are freed.
        stays: the bytes of features that stay, before they are compressed.
    """

    path: Path
    kept: tuple[int, ...]
    removed: tuple[str, ...]
    retired: int
    freed: int
    stays: int

    @property
    def is_all(self) -> bool:
        """Whether every place stays."""
        return not self.removed and not self.retired


def _plan(path: Path, wanted: set[str]) -> _Plan:
    shard = Shard(path)
    places = range(len(shard.utterances))
    live = [index for index in places if not shard.is_retired(index)]
    kept = tuple(index for index in live if shard.utterances[index] in wanted)
    removed = tuple(name for i in live if (name := shard.utterances[i]) not in wanted)

    def nbytes(indices: Sequence[int]) -> int:
        return shard.layout.nbytes(int(shard.frames[list(indices)].sum()), len(indices))

    stays, whole = nbytes(kept), nbytes(places)
    goes = 1 - stays / whole  # a share, as features may be compressed
    freed = round(goes * shard.nbytes) if kept else path.stat().st_size
    return _Plan(path, kept, removed, len(places) - len(live), freed, stays)


def _apply(plan: _Plan, advance: Callable[[float], object]) -> None:
    if plan.kept:
        rewrite_shard(Shard(plan.path), plan.kept, advance)
    else:
        plan.path.unlink()


def _prune_statistics(folder: Path, removed: set[str]) -> None:
    """Take utterances out of the kept means and deviations."""
    for path in (folder / STATISTICS).glob("*.npz"):
        arrays = read_npz(path)
        if not arrays or "names" not in arrays:
            continue  # damaged: they are measured again
        stays = ~np.isin(arrays["names"], list(removed))
        write_npz(path, {name: values[stays] for name, values in arrays.items()})
