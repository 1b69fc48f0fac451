"""Removing a store, and nothing else."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cache import FeatureStore, StoreError, describe_bytes, find_shards, writing
from featx.stores.contents import disk_bytes, foreign
from featx.stores.find import store_path
from featx.utils.arguments import checked
from featx.utils.text import listed


@dataclass(frozen=True)
class Removal:
    """A store that was removed.

    Attributes:
        folder: where it was.
        nbytes: what it took on the disk.
    """

    folder: Path
    nbytes: int

    def to_text(self) -> str:
        """Say what was removed."""
        return f"Removed {self.folder}: {describe_bytes(self.nbytes)} freed."

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"store": str(self.folder), "bytes": self.nbytes}


@checked
def remove_store(store: str | Path | FeatureStore) -> Removal:
    """Remove a store's folder, unless it holds anything that is not the store's.

    Args:
        store: the store, or its folder.

    Returns:
        What was removed.

    Raises:
        StoreError: if there is no store, the folder holds other files, or somebody writes to it.

    Example:
        >>> featx.remove_store("features/manifest/encoder").folder.exists()
        False
    """
    folder = store_path(store)
    if folder.is_symlink():
        raise StoreError(f"{folder}: is a link to {folder.resolve()}. Remove that, then the link.")
    with writing(folder, "removing the store"):
        others = foreign(folder)
        if others:
            names = listed([path.relative_to(folder).as_posix() for path in others], 5)
            raise StoreError(
                f"{folder}: holds files that are not the store's: {names}. Move them elsewhere "
                "first."
            )
        nbytes = disk_bytes(folder)
        for shard in find_shards(folder):  # first: half of a store is none
            shard.unlink()
        shutil.rmtree(folder)
    return Removal(folder, nbytes)
