"""Files are whole, of whatever kind they are."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import h5py
from safetensors import safe_open


def check_whole(folder: Path, where: str) -> None:
    """Assert that every file which has its final name is whole."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            try:
                CHECKS.get(path.suffix, Path.read_bytes)(path)
            except Exception as error:
                raise AssertionError(f"{path.name}: {error!r}; {where}") from error


def check_csv(path: Path) -> None:
    """Assert that a table ends with a whole row."""
    text = path.read_text()
    assert text.endswith("\n")
    rows = list(csv.reader(text.splitlines()))
    assert {len(row) for row in rows} == {len(rows[0])}


def check_store(path: Path) -> None:
    """Assert that h5py opens a file."""
    with h5py.File(path) as file:
        assert file["features"].shape


def check_weights(path: Path) -> None:
    """Assert that safetensors opens a file."""
    with safe_open(path, "np") as file:
        assert file.keys()


def check_ending(*endings: bytes) -> Callable[[Path], None]:
    """Return what asserts that a file ends in one of these ways."""

    def check(path: Path) -> None:
        assert path.read_bytes().rstrip().endswith(endings)

    return check


CHECKS: dict[str, Callable[[Path], object]] = {
    ".json": lambda path: json.loads(path.read_bytes()),
    ".csv": check_csv,
    ".h5": check_store,
    ".safetensors": check_weights,
    ".html": check_ending(b"</html>"),
    ".png": check_ending(b"IEND\xaeB`\x82"),
    ".pdf": check_ending(b"%%EOF"),
}
