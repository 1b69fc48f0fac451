"""Who writes to a store: one process, or none where nothing is left to write."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cache import (
    DiskFull,
    FeatureStore,
    InUseError,
    PlannedUtterance,
    StoreError,
    find_same_audio,
    writing,
)
from featx.features.config import DEFAULT_WRITE, WriteOptions


@contextmanager
def claiming(
    folder: Path, utterances: Iterable[str], write: WriteOptions = DEFAULT_WRITE
) -> Iterator[None]:
    """Keep others from writing to a store before it is known what is left to write.

    Where the folder can't be written to, nothing is claimed: `completing` says so if it must be.

    Args:
        folder: the store's folder.
        utterances: those that it is to hold.
        write: how the store is written to.

    Raises:
        InUseError: if another process is writing, unless all utterances are done and stay.
    """
    with ExitStack() as lock:
        try:
            lock.enter_context(writing(folder, part=write.lock))
        except InUseError:
            if write.renewal.renews or not _holds(folder, utterances, write):
                raise
        except (StoreError, DiskFull):
            pass
        yield


@contextmanager
def completing(
    folder: Path, plan: Sequence[PlannedUtterance], write: WriteOptions = DEFAULT_WRITE
) -> Iterator[bool]:
    """Keep others from writing to a store, unless nothing is left to write: reading needs no lock.

    Args:
        folder: the store's folder.
        plan: the utterances that are to be written, as far as they are not done.
        write: how the store is written to.

    Yields:
        Whether others are kept from it, so that something may be written to the folder.

    Raises:
        InUseError: if another process is writing.
        StoreError: if the folder can't be written to.
        DiskFull: if the disk can't hold even a lock.
    """
    with ExitStack() as lock:
        try:
            lock.enter_context(writing(folder, part=write.lock))
            alone = True
        except (StoreError, DiskFull):
            names = [planned.utterance for planned in plan]
            if write.renewal.renews or not _holds(folder, names, write, plan):
                raise
            alone = False
        yield alone


def _holds(
    folder: Path,
    utterances: Iterable[str],
    write: WriteOptions,
    plan: Sequence[PlannedUtterance] = (),
) -> bool:
    """Tell whether a store has all that is asked for, of a plan also under other ids."""
    if not FeatureStore.exists(folder):
        return False
    store = FeatureStore(folder)
    store.adopt(find_same_audio(store, plan))
    return all(
        store.is_done(utterance) and (store.is_fixed(utterance) or not write.compress)
        for utterance in utterances
    )
