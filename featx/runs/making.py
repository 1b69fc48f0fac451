"""Who makes a run: one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cache import writing
from featx.errors import FeatxError
from featx.runs.files import SCORES


def is_made(folder: Path) -> bool:
    """Tell whether a folder holds a finished run."""
    return (folder / SCORES).exists()


@contextmanager
def making(folder: Path, doing: str = "making a run", changes: bool = False) -> Iterator[None]:
    """Keep others from making the run of a folder, unless it is finished: reading needs no lock.

    The lock lies beside the folder, which is renamed when the run is replaced. Whoever makes a
    run asks for it before all work; `open_run` and `extend_run` do so again.

    Args:
        folder: the run's folder.
        doing: what is done, as another process that asks will read it.
        changes: whether a finished run is replaced, or added to.

    Raises:
        FeatxError: if there is a file in the folder's place.
        InUseError: if another process is making the run.
        StoreError: if the folder above can't be written to.
    """
    if file := next((path for path in (folder, *folder.parents) if path.is_file()), None):
        raise FeatxError(f"{folder}: {file} is a file, and a run takes a folder.")
    if is_made(folder) and not changes:
        yield
        return
    with writing(folder, doing, within=False, instead="another `name`"):
        yield
