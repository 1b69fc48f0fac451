"""Clearing what is damaged in a store, so that it is computed again."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from cache import check_disk, find_shards
from cache.shards.marks import RETIRED, UNFINISHED
from cache.shards.rewrite import rewrite_shard
from cache.shards.shard import Shard
from featx.stores.checksums import Found

ASIDE = ".damaged"  # the ending of a shard that nothing reads any more


def repair_store(folder: Path, found: Found) -> None:
    """Clear what was found damaged; whoever calls this keeps others from writing.

    A damaged utterance counts as not done. Where it has features in another shard too, its damaged
    place is given up. A shard with damaged tables is set aside, as these say whose its features
    are. A compressed one is decompressed if some of it is to be computed again: in its old place,
    an utterance is computed with the same others as before, and is the same to the last bit.

    Args:
        folder: the store's folder.
        found: what is damaged in it.

    Raises:
        DiskFull: if there is no room to decompress a shard; what is damaged in it stays so.
    """
    for path in found.tables:
        path.rename(path.with_name(path.name + ASIDE))
    for path in found.statistics:
        path.unlink()
    by_shard: dict[Path, list[int]] = defaultdict(list)
    for path, index in found.places:
        by_shard[path].append(index)
    owned = _owned(folder, found)
    for path, indices in by_shard.items():
        shard = Shard(path)
        cleared = []
        for index in indices:
            if shard.utterances[index] in owned:
                shard.mark(index, "done", RETIRED)
            else:
                cleared.append(index)
            owned.add(shard.utterances[index])
        _clear(shard, cleared)
        shard.flush()


def _clear(shard: Shard, indices: Sequence[int]) -> None:
    """Have places of a shard count as not done, and let them be written again."""
    if indices and shard.is_compressed:
        live = [index for index in range(len(shard.utterances)) if not shard.is_retired(index)]
        nbytes = shard.layout.nbytes(int(shard.frames[live].sum()), len(live))
        what = f"{shard.path.name} decompressed"
        check_disk(shard.path.parent, nbytes, what, "move the store to another disk")
        rewrite_shard(shard, live, cleared=indices)
        return
    for index in indices:
        shard.mark(index, "done", UNFINISHED)


def _owned(folder: Path, found: Found) -> set[str]:
    """Return the utterances that have a place which is neither damaged nor given up."""
    cleared = set(found.places)
    owned: set[str] = set()
    for path in find_shards(folder):
        if path in found.unreadable:
            continue
        shard = Shard(path)
        owned |= {
            name
            for index, name in enumerate(shard.utterances)
            if (path, index) not in cleared and not shard.is_retired(index)
        }
    return owned
