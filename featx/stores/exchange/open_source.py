"""Which format features of another tool are in."""

from pathlib import Path

from cache import FeatureStore
from featx.data.manifest import Manifest
from featx.stores.exchange.formats.audformat import Audformat
from featx.stores.exchange.formats.hdf5 import Hdf5
from featx.stores.exchange.formats.kaldi import SCP, Kaldi
from featx.stores.exchange.formats.npy import NpyFolder, Npz
from featx.stores.exchange.formats.parquet import Parquet
from featx.stores.exchange.formats.source import Source, SourceError

_HDF5 = (".h5", ".hdf5", ".hdf", ".csd")
_PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".joblib", ".npk")
_KNOWN = (
    "a folder of .npy files, one .npz, HDF5 (.h5), Parquet, Kaldi's .scp or .ark, or the folder of "
    "an audformat database"
)


def open_source(path: Path, manifest: Manifest) -> Source:
    """Open features that another program made.

    Args:
        path: a file or folder.
        manifest: the utterances, which an audformat table names by their files.

    Raises:
        SourceError: if there is nothing, or nothing that can be read.
    """
    if not path.exists():
        raise SourceError(f"`source={str(path)!r}`: there is no such file or folder.")
    source = _of_folder(path, manifest) if path.is_dir() else _of_file(path)
    if source is None:
        raise SourceError(f"{path}: holds no features that can be imported. Give {_KNOWN}.")
    return source


def _of_file(path: Path) -> Source | None:
    suffix = path.suffix.lower()
    if suffix in _PICKLES:
        raise SourceError(
            f"{path}: a pickle, which could run code when it is read. Save the arrays with "
            "numpy.save or numpy.savez, or as safe HDF5 or Parquet."
        )
    if suffix == ".npz":
        return Npz(path)
    if suffix in _HDF5:
        return Hdf5(path)
    if suffix == ".parquet":
        return Parquet(path)
    if suffix in (".scp", ".ark"):
        return Kaldi(path)
    if suffix == ".npy":
        raise SourceError(
            f"{path}: one array says nothing of whose features it holds. Give the folder of the "
            "utterances' .npy files, or one .npz with the ids and all vectors."
        )
    return None


def _of_folder(path: Path, manifest: Manifest) -> Source | None:
    if FeatureStore.exists(path):
        raise SourceError(
            f"{path}: a feature store already, which needs no import. Give it as `features`."
        )
    if (path / "db.yaml").is_file():
        return Audformat(path, manifest)
    lists = [path / SCP] if (path / SCP).is_file() else sorted(path.glob("*.scp"))
    archives = lists or sorted(path.glob("*.ark"))
    if len(archives) == 1:
        return Kaldi(archives[0])
    if archives:
        raise SourceError(f"{path}: holds several archives of Kaldi; give one, as {archives[0]}.")
    if any(path.rglob("*.npy")):
        return NpyFolder(path)
    if any(path.rglob("*.parquet")):
        return Parquet(path)
    files = [found for suffix in (*_HDF5, ".npz") for found in sorted(path.glob(f"*{suffix}"))]
    if len(files) == 1:
        return _of_file(files[0])
    if files:
        raise SourceError(f"{path}: holds several files; give one, as {files[0]}.")
    return None
