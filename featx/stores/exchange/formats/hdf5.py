"""HDF5 as most tools have it: one file, a dataset an utterance."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from cache.disk.hdf5_file import new_hdf5
from featx.errors import FeatxError
from featx.stores.exchange.formats.description import KEY, Description
from featx.stores.exchange.formats.source import Arrays, SourceError
from featx.stores.exchange.formats.tabled import split_table

_OF_SHARD = {"features", "frame_offset", "utterance", "done"}
_INNER = ("features", "embedding", "embeddings", "data")  # a group an utterance, as in CMU's .csd


@contextmanager
def writing_h5(path: Path, description: Description) -> Iterator[Callable[[str, np.ndarray], None]]:
    """Write arrays as datasets of one file, whose attributes say what they are.

    A "/" in an id makes groups, as in all HDF5 files.

    Args:
        path: the file.
        description: what the arrays are.
    """
    with new_hdf5(path, libver="latest") as file:
        file.attrs[KEY] = description.to_text()
        file.attrs["layers"] = list(description.layers)
        file.attrs["frame_step"] = description.frame_step

        def write(utterance: str, features: np.ndarray) -> None:
            try:
                file.create_dataset(utterance, data=features)
            except (ValueError, TypeError) as error:
                raise FeatxError(
                    f"{utterance!r} can't be the name of a dataset beside the others ({error}). "
                    "Export to Parquet or NumPy, which take every id."
                ) from error

        yield write


@dataclass(frozen=True)
class Hdf5:
    """One HDF5 file of features that others made."""

    path: Path

    @property
    def description(self) -> Description | None:
        """What the arrays are, if featx exported them."""
        with self._open() as file:
            return Description.from_text(str(file.attrs.get(KEY, "")))

    def arrays(self) -> Arrays:
        """Yield the name and the array of each utterance."""
        with self._open() as file:
            if set(file) >= _OF_SHARD:
                raise SourceError(
                    f"{self.path}: a shard of a feature store, which needs no import. Give its "
                    "folder as `features`."
                )
            names = _dataset_names(file)
            tabled = None
            if len(names) <= _FEW:
                tabled = split_table({name: _plain(file[name]) for name in names}, len(names))
            if tabled is not None:
                yield from tabled
                return
            for name in names:
                yield _of_utterance(name), self._read(file[name])

    @contextmanager
    def _open(self) -> Iterator[h5py.File]:
        try:
            file = h5py.File(self.path, "r", locking=False)
        except OSError as error:
            raise SourceError(
                f"{self.path}: not an HDF5 file that can be read ({error})."
            ) from error
        with file:
            yield file

    def _read(self, dataset: h5py.Dataset) -> np.ndarray:
        try:
            return _plain(dataset)
        except (OSError, TypeError, ValueError) as error:
            raise SourceError(f"{self.path}: {dataset.name} can't be read ({error}).") from error


_FEW = 4  # datasets, among which there may be an array of ids


def _plain(dataset: h5py.Dataset) -> np.ndarray:
    """Return a dataset's values, texts as such."""
    if h5py.check_string_dtype(dataset.dtype) is not None:
        return np.asarray(dataset.asstr()[...])
    values: np.ndarray = dataset[...]
    return values


def _dataset_names(file: h5py.File) -> list[str]:
    """Return the paths of all datasets, or where groups hold several, of those with features."""
    names: list[str] = []

    def visit(name: str, node: object) -> None:
        if isinstance(node, h5py.Dataset):
            names.append(name)

    file.visititems(visit)
    inner = [name for name in names if "/" in name and name.rpartition("/")[2] in _INNER]
    groups = {name.rpartition("/")[0] for name in names}
    return inner if inner and {name.rpartition("/")[0] for name in inner} == groups else names


def _of_utterance(name: str) -> str:
    group, _, leaf = name.rpartition("/")
    return group if group and leaf in _INNER else name
