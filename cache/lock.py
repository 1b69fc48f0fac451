"""One writer at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from cache.errors import StoreError


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to a store until the block ends.

    The lock goes with the process, however that ends; only the empty file `.lock` stays.

    Raises:
        StoreError: if another process is writing, or there is a file in the folder's place.
    """
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder} is a file, and a store is a folder. Choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise StoreError(
            f"{folder}: another process is extracting features into it. Wait until it has ended, "
            "or choose another folder."
        ) from None
    try:
        yield
    finally:
        lock.release()
