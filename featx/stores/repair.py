"""Clearing what is damaged in a store, so that it is computed again."""

from collections import defaultdict
from pathlib import Path

from cache.marks import RETIRED, UNFINISHED
from cache.shard import Shard
from featx.stores.check import Found

ASIDE = ".damaged"  # the ending of a shard that nothing reads any more


def repair_store(folder: Path, found: Found) -> None:
    """Clear what was found damaged; whoever calls this keeps others from writing.

    A damaged utterance counts as not done. Where it has features in another shard too, its damaged
    place is given up. A shard with damaged tables is set aside, as these say whose its features
    are.

    Args:
        folder: the store's folder.
        found: what is damaged in it.
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
        for index in indices:
            again = shard.utterances[index] in owned
            shard.mark(index, "done", RETIRED if again else UNFINISHED)
            owned.add(shard.utterances[index])
        shard.flush()


def _owned(folder: Path, found: Found) -> set[str]:
    """Return the utterances that have a place which is neither damaged nor given up."""
    cleared = set(found.places)
    owned: set[str] = set()
    for path in folder.glob("shard-*.h5"):
        if path in found.unreadable:
            continue
        shard = Shard(path)
        owned |= {
            name
            for index, name in enumerate(shard.utterances)
            if (path, index) not in cleared and not shard.is_retired(index)
        }
    return owned
