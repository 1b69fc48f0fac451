"""One writer at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cache.errors import StoreError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to a store until the block ends.

    The lock goes with the process, however that ends; only the empty file `.lock` stays.

    Raises:
        StoreError: if another process is writing, or the folder can't be made.
    """
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder}: a file; a store is a folder. Choose another with --out.")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        if fcntl:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreError(
                    f"{folder}: another process is extracting into it. Wait for it, or choose "
                    "another folder with --out."
                ) from None
        yield
