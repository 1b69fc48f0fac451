"""Finding stores: all below a folder, or the one that is meant."""

import os
from collections.abc import Iterator
from pathlib import Path

from cache import FeatureStore, StoreError
from featx.errors import FeatxError
from featx.features.stores.folders import ROOT
from featx.utils.remote.path import RemotePath, to_path
from featx.utils.text import closest, listed


def find_all(folder: Path = ROOT) -> list[Path]:
    """Return the folders of all stores in a folder, at any depth, in the order of their names.

    Raises:
        FeatxError: if there is no such folder.
    """
    refuse_url("folder", folder)
    if not folder.is_dir():
        raise FeatxError(f"{folder}: there is no such folder, and so no stores.")
    return sorted(_walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, _ in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if FeatureStore.exists(Path(place)):
            folders.clear()  # a store holds no other
            yield Path(place)


def refuse_url(argument: str, given: str | Path) -> None:
    """Raise a StoreError if an argument is a URL, with what can be done with it."""
    place = to_path(given)
    if isinstance(place, RemotePath):
        raise StoreError(
            f"`{argument}={str(place)!r}`: is on a server, and this works on this machine's files "
            "alone. Copy it here or there with the server's own tools."
        )


def store_path(store: str | Path | FeatureStore) -> Path:
    """Return a store's folder.

    Raises:
        StoreError: if it is none, with the store that may be meant.
    """
    if isinstance(store, FeatureStore):
        return store.folder
    refuse_url("store", store)
    folder = Path(store)
    if folder.is_dir() and FeatureStore.exists(folder):
        return folder
    if folder.is_file():
        raise StoreError(f"{folder}: is a file, and a store is a folder of shards.")
    others = [path.as_posix() for path in find_all()] if ROOT.is_dir() else []
    meant = closest(folder.as_posix(), others)
    by_name = [path for path in others if Path(path).name == str(store)]
    hint = by_name[0] if len(by_name) == 1 else meant
    if hint is not None:
        raise StoreError(f"{folder}: no feature store is here; did you mean {hint}?")
    there = f" There is {listed(others, 12)}." if others else ""
    raise StoreError(f"{folder}: no feature store is here.{there}")


def open_folder(store: str | Path | FeatureStore) -> FeatureStore:
    """Open a store of this machine.

    Raises:
        StoreError: if there is none, with the store that may be meant, or it can't be opened.
    """
    return store if isinstance(store, FeatureStore) else FeatureStore(store_path(store))
