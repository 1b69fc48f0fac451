"""NumPy's files: a folder of ID.npy with an index, or one .npz."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featx.stores.exchange.formats.description import FILE, Description
from featx.stores.exchange.formats.source import Arrays, SourceError
from featx.stores.exchange.formats.tabled import split_table
from featx.utils.csv_files import read_table
from featx.utils.files import portable_name, write_csv, write_text

INDEX = "index.csv"
_COLUMNS = ("utterance", "file")


@contextmanager
def writing_npy(
    folder: Path, description: Description
) -> Iterator[Callable[[str, np.ndarray], None]]:
    """Write arrays as `ID.npy` into a folder, and at the end which file is whose.

    Args:
        folder: an empty folder.
        description: what the arrays are.
    """
    rows: list[tuple[str, str]] = []
    taken: set[str] = set()

    def write(utterance: str, features: np.ndarray) -> None:
        name = _free_name(utterance, taken)
        np.save(folder / name, np.ascontiguousarray(features), allow_pickle=False)
        rows.append((utterance, name))

    yield write
    write_csv(folder / INDEX, _COLUMNS, rows)
    write_text(folder / FILE, description.to_text() + "\n")


def _free_name(utterance: str, taken: set[str]) -> str:
    """Return a file's name for an utterance that differs from all others in more than its case."""
    stem, number = portable_name(utterance), 1
    name = f"{stem}.npy"
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}.npy"
    taken.add(name.casefold())
    return name


@dataclass(frozen=True)
class NpyFolder:
    """A folder of NumPy arrays, at any depth; `index.csv` may say whose each file is."""

    path: Path

    @property
    def description(self) -> Description | None:
        """What the arrays are, if featx exported them."""
        return read_description(self.path)

    def arrays(self) -> Arrays:
        """Yield the name and the array of each utterance."""
        for name, path in self._files():
            yield name, _load(path)

    def _files(self) -> Iterator[tuple[str, Path]]:
        if not (self.path / INDEX).is_file():
            for path in sorted(self.path.rglob("*.npy")):
                yield path.relative_to(self.path).with_suffix("").as_posix(), path
            return
        for line, row in read_table(self.path / INDEX, _COLUMNS).rows():
            path = self.path / row["file"]
            if not path.is_file():
                raise SourceError(
                    f"{self.path / INDEX}: line {line} names {row['file']}, and there is no such "
                    f"file in {self.path}."
                )
            yield row["utterance"], path


@dataclass(frozen=True)
class Npz:
    """One .npz: an array an utterance, or an array of ids and one of all vectors."""

    path: Path
    description: Description | None = None

    def arrays(self) -> Arrays:
        """Yield the name and the array of each utterance."""
        try:
            with np.load(self.path, allow_pickle=False) as file:
                names = list(file.files)
                tabled = split_table({name: file[name] for name in names[:4]}, len(names))
                if tabled is not None:
                    yield from tabled
                    return
                for name in names:
                    yield name, file[name]
        except (ValueError, OSError, zipfile.BadZipFile, EOFError) as error:
            raise _unreadable(self.path, error) from error


def _load(path: Path) -> np.ndarray:
    try:
        loaded = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        raise ValueError("it holds several")
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> SourceError:
    if "allow_pickle" in str(error) or "objects" in str(error):
        return SourceError(
            f"{path}: holds Python objects, which could run code when they are read. Save plain "
            "arrays of numbers, an array an utterance."
        )
    return SourceError(f"{path}: not an array that NumPy reads ({error}).")


def read_description(folder: Path) -> Description | None:
    """Return what the arrays of a folder are, if featx exported them."""
    try:
        return Description.from_text((folder / FILE).read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
