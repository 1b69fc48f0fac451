"""A fit on a disk that is full after so many files; tests/full_disk has all commands."""

import errno
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import featx
from featx.errors import DiskFull

UNLIKE = ("run.log", "environment.json", "cost.json", "history.csv", "report.txt")


@pytest.fixture
def full_after(monkeypatch) -> Callable[[int], pytest.MonkeyPatch]:
    """Return what lets so many files be written whole, and of all others a part."""

    def full_after(files: int) -> pytest.MonkeyPatch:
        written, whole = itertools.count(), Path.write_bytes

        def write(path: Path, content: bytes) -> int:
            if next(written) < files:
                return whole(path, content)
            whole(path, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

        patch = pytest.MonkeyPatch()
        patch.setattr(Path, "write_bytes", write)
        return patch

    return full_after


def contents(folder: Path) -> dict[str, bytes]:
    """Return what all files hold but those that tell times."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in UNLIKE
    }


@pytest.fixture
def fit(extracted) -> Callable[[], object]:
    """A fit of some heads."""
    return lambda: featx.fit("linear", "tiny", folds=3, final=True, name="a")


def test_a_fit_goes_on_wherever_the_disk_was_full(fit, full_after):
    fit()
    reference = contents(Path("runs/a"))
    for files in (0, 4, 9):
        shutil.rmtree("runs/a")
        patch = full_after(files)
        with pytest.raises(
            DiskFull, match=r"^runs/a/[\w/.-]+: the disk is full: needs .* free now\."
        ):
            fit()
        patch.undo()
        left = contents(Path("runs/a"))
        assert not [name for name in left if Path(name).name.startswith(".")]
        assert "metrics.json" not in left
        fit()
        assert contents(Path("runs/a")) == reference


def test_a_fit_that_has_no_room_for_all_heads_says_so_after_the_first(fit, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=9_999))
    with pytest.raises(DiskFull, match=r"no room for the other heads: needs .* kB, 10\.0 kB free"):
        fit()
    assert len(list(Path("runs/a/members").iterdir())) == 1
