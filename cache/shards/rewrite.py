"""A shard written anew with some of its utterances, in the place of the old file."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from cache.errors import DamagedStore
from cache.layout import PlannedUtterance
from cache.shards.compress import compress_shard
from cache.shards.create import create_shard
from cache.shards.shard import Shard


def rewrite_shard(
    shard: Shard,
    kept: Sequence[int],
    advance: Callable[[float], object] = lambda _: None,
    cleared: Collection[int] = (),
) -> None:
    """Write a shard without the places that are not kept, then put it where the old one is.

    The old file stays until the new one is complete on the disk: a kill leaves one of the two, and
    at most a file that the next extraction removes.

    Args:
        shard: what is written anew.
        kept: the places of the utterances that stay, in order; one or more.
        advance: called with the bytes of features that were written.
        cleared: the places of utterances that are not done any more. If there are any, the new file
            is not compressed, so that they can be written in their place.

    Raises:
        DamagedStore: if features are not those that were written.
        DiskFull: if the disk is too small.
    """
    place = shard.path.with_name(f"{shard.path.name}.rewritten.tmp")
    try:
        new = _write(shard, kept, cleared, place, advance)
        if shard.is_compressed and not cleared:
            compress_shard(new)
        place.replace(shard.path)
    finally:
        place.unlink(missing_ok=True)


def _write(
    shard: Shard,
    kept: Sequence[int],
    cleared: Collection[int],
    place: Path,
    advance: Callable[[float], object],
) -> Shard:
    """Write the places that are kept to a file, not compressed; return it."""
    create_shard(
        place,
        [
            PlannedUtterance(
                shard.utterances[index],
                int(shard.samples[index]),
                int(shard.frames[index]),
                int(shard.source[index]),
            )
            for index in kept
        ],
        shard.layout,
        shard.identity,
        shard.software,
    )
    new = Shard(place)
    for number, index in enumerate(kept):
        if shard.is_done(index) and index not in cleared:
            if not shard.is_whole(index):
                damaged = [shard.utterances[index]]
                raise DamagedStore.of_features(shard.path, shard.path.parent, damaged)
            new.put(number, shard.stored(index), int(shard.source[index]))
            shard.advise(index, range(len(shard.layout.layers)), "MADV_DONTNEED")
            advance(shard.layout.nbytes(int(shard.frames[index])))
    new.flush()
    return new
