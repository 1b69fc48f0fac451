"""Who writes to a store: one process, or none where nothing is left to write."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cache import FeatureStore, InUseError, StoreError, writing
from featx.features.parts import Part


@contextmanager
def claiming(folder: Path, utterances: Iterable[str], part: Part | None = None) -> Iterator[None]:
    """Keep others from writing to a store before it is known what is left to write.

    Where the folder can't be written to, nothing is claimed: `filling` says so if it must be.

    Args:
        folder: the store's folder.
        utterances: those that it is to hold.
        part: the part of the store that is written; all of it if None.

    Raises:
        InUseError: if another process is writing, unless all utterances are done.
    """
    with ExitStack() as lock:
        try:
            lock.enter_context(writing(folder, part=part.name if part else None))
        except InUseError:
            if not _holds(folder, utterances):
                raise
        except StoreError:
            pass
        yield


@contextmanager
def filling(folder: Path, utterances: Iterable[str], part: Part | None = None) -> Iterator[None]:
    """Keep others from writing to a store, unless nothing is left to write: reading needs no lock.

    Args:
        folder: the store's folder.
        utterances: those that are to be written, as far as they are not done.
        part: the part of the store that they are; all of it if None.

    Raises:
        InUseError: if another process is writing.
        StoreError: if the folder can't be written to.
    """
    with ExitStack() as lock:
        try:
            lock.enter_context(writing(folder, part=part.name if part else None))
        except StoreError:
            if not _holds(folder, utterances):
                raise
        yield


def _holds(folder: Path, utterances: Iterable[str]) -> bool:
    if not FeatureStore.exists(folder):
        return False
    return all(map(FeatureStore(folder).is_done, utterances))
