"""Room for features in a store, before any of them is computed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

from cache.checks import differences
from cache.disk.space import check_disk
from cache.errors import StoreError
from cache.identity import FeatureIdentity
from cache.layout import (
    BLOCK_SAMPLES,
    SHARD_BYTES,
    Layout,
    PlannedUtterance,
    split_into_blocks,
    split_into_shards,
)
from cache.planned import find_changed_audio, find_same_audio, misplaced
from cache.shards.create import create_shard
from cache.store import FeatureStore


def prepare_store(
    folder: Path,
    plan: Sequence[PlannedUtterance],
    layout: Layout,
    identity: FeatureIdentity,
    software: Mapping[str, str],
    shard_bytes: int = SHARD_BYTES,
    block_samples: int = BLOCK_SAMPLES,
    prefix: str = "shard",
    update: bool = False,
    again: Collection[str] = (),
) -> FeatureStore:
    """Open the store for these features, allocating what it does not yet have room for.

    Utterances that the store holds beside the planned ones stay. An utterance that is not
    done and of which the audio has changed gets another place. One that is not in the store
    gets none if features of the same audio are there under another id: it adopts them.

    Args:
        folder: where the store is or will be.
        plan: the utterances it is to hold.
        layout: layers, dim and dtype.
        identity: what the features are.
        software: the versions that compute them.
        shard_bytes: the size above which a new shard is started.
        block_samples: the length of audio that is computed together, and never divided.
        prefix: what the names of new shards begin with: "shard", or "shard-2of8" for a part
            of a job array, whose parts are written by several processes.
        update: whether utterances are done again of which the audio has changed; they get
            another place, as their length may have changed too.
        again: the utterances of the plan that are done again: in their place, or in one of their
            own if they had adopted another's features. Others are left alone.

    Raises:
        StoreError: if the folder holds other features than these, or audio has changed and
            `update` is not asked for.
        DiskFull: if the disk is too small.
    """
    again = {p.utterance for p in plan} & set(again)
    store = FeatureStore(folder) if FeatureStore.exists(folder) else None
    moved = _renew(store, plan, layout, identity, software, update, again) if store else set()
    missing = [p for p in plan if p.utterance in moved or not (store and p.utterance in store)]
    renewed = {*moved, *again}
    if store and all(p.utterance not in renewed and store.is_done(p.utterance) for p in plan):
        return store  # the folder may be for reading only
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(f"{prefix}-*.h5.*.tmp"):
        leftover.unlink()
    holes = store.holes if store else 0
    check_disk(folder, holes + sum(layout.nbytes(planned.frames) for planned in missing))
    if store:
        store.retire(moved)
        store.forget(name for name in again if name in store)
    blocks = split_into_blocks(missing, block_samples)
    shards = split_into_shards(blocks, layout, shard_bytes)
    for path, part in zip(_unused(folder, prefix), shards, strict=False):
        create_shard(path, part, layout, identity, software)
    if store and not missing:
        return store
    opened = FeatureStore(folder)
    if store:
        opened.adopt(store.aliases)
        opened.replaced = store.replaced
    return opened


def _renew(
    store: FeatureStore,
    plan: Sequence[PlannedUtterance],
    layout: Layout,
    identity: FeatureIdentity,
    software: Mapping[str, str],
    update: bool,
    again: Collection[str],
) -> set[str]:
    """Adopt what is there of a plan, and return the utterances that need another place.

    Nothing is changed in the files. Arguments and errors are those of `prepare`.
    """
    store.check_same(store.folder, identity, layout)
    store.replaced = tuple(_changed_since(store, plan, update))
    fixed = (name for name in again if name in store and store.is_fixed(name))
    moved = {*store.replaced, *misplaced(store, plan), *fixed}
    same = find_same_audio(store, (p for p in plan if p.utterance not in again))
    store.adopt({name: stored for name, stored in same.items() if stored not in moved})
    _check_software(store, plan, {*store.replaced, *again}, software)
    return moved


def _changed_since(
    store: FeatureStore, plan: Iterable[PlannedUtterance], update: bool
) -> list[str]:
    """Return the utterances whose audio has changed; a StoreError unless `update` is true."""
    changed = find_changed_audio(store, plan)
    if changed and not update:
        names = ", ".join(changed[:3]) + (", ..." if len(changed) > 3 else "")
        count = f"{len(changed):,} utterance" + ("s have" if len(changed) > 1 else " has")
        raise StoreError(
            f"{store.folder}: {count} other audio than the stored features "
            f"were computed from: {names}. Files have changed, paths were exchanged, or "
            "utterances are cut elsewhere. With `update` their features are computed again and "
            "all others stay; a manifest of other recordings needs a store of its own."
        )
    return changed


def _check_software(
    store: FeatureStore,
    plan: Iterable[PlannedUtterance],
    renewed: Collection[str],
    software: Mapping[str, str],
) -> None:
    """Refuse other versions if anything is left to be computed."""
    names = (planned.utterance for planned in plan)
    unfinished = any(name in renewed or not store.is_done(name) for name in names)
    found = differences(store.software, software)
    if unfinished and found:
        raise StoreError(
            f"{store.folder}: this store was begun with other software versions, which can give "
            "other features:\n  "
            + "\n  ".join(found)
            + "\nInstall those versions again, or delete the folder to extract all features."
        )


def _unused(folder: Path, prefix: str) -> Iterator[Path]:
    """Yield the names of shards that are not there, in order."""
    for number in count():
        path = folder / f"{prefix}-{number:04}.h5"
        if not path.exists():
            yield path
