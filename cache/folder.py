"""Which files of a folder are the shards of its store."""

from pathlib import Path

SHARDS = "shard-*.h5"


def find_shards(folder: Path, names: str = SHARDS) -> list[Path]:
    """Return the files in a folder that are shards of its store, sorted by their names."""
    return sorted(folder.glob(names))


def no_store_at(folder: Path) -> str:
    """Say that a path is no store, and which folders in it are."""
    if folder.is_file():
        return f"{folder}: is a file, and a store is a folder of shards."
    below = sorted({str(shard.parent) for shard in folder.glob(f"*/{SHARDS}")})
    if below:
        return f"{folder}: no feature store is here, but in folders of it: {', '.join(below[:5])}."
    return f"{folder}: no feature store is here. Extract features into it."
