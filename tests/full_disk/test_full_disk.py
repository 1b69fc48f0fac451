"""A disk that fills at many points of every command: said, nothing lost, and then it goes on."""

import re
import shutil
from pathlib import Path

import pytest

from featx.utils.npz import npz_is_whole
from tests.full_disk.commands import COMMANDS
from tests.full_disk.place import PAGE, Place
from tests.full_disk.whole import check_whole
from tests.timeless import without_times

POINTS = 20
# what tells times or machines, and so differs from run to run
UNLIKE = ("run.log", "environment.json", "cost.json", "precision.json", ".lock")
TIMED = (
    "history.csv",
    "report.txt",
    "training.pdf",
    "training.png",
    "small.html",
    "small.md",
    "small.tex",
)
MESSAGE = re.compile(r"(needs [\d.,]+ [kMG]?B, )?[\d.,]+ [kMG]?B free( now)?\. ")

# features of audio that is predicted, and runs that are sent, lie in TMPDIR for a while
NEED_TEMPORARY_FILES = ("predict", "explain", "export", "push")


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_disk_that_fills_up(name, place, states):
    before, after, needed = states.of(name)
    failed = 0
    for left in points(needed):
        place.restore(before)
        place.leave(left)
        code, said = place.run(COMMANDS[name], blind=True)
        where = f"{name}, {left:,} bytes left of {needed:,}: {said}"
        if code:
            failed += 1
            check_message(said, code, place, where)
        check_whole(place.folder, where)
        place.free()
        code, said = place.run(COMMANDS[name])
        assert code == 0, f"{where}\nthen {said}"
        check_same(place.folder, after, where)
    assert failed > 3 or needed < 16 * PAGE, f"{name}: the disk was full {failed} times"


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_another_disk_that_is_full_matters_to_those_alone_who_need_it(name, place, states):
    """TMPDIR and featx's cache are on a full disk, the working folder is on another."""
    before, after, _ = states.of(name)
    elsewhere = place.said / "work"
    shutil.rmtree(elsewhere, ignore_errors=True)
    shutil.copytree(before, elsewhere)
    shutil.rmtree(place.folder)
    (place.disk / "work").mkdir()
    place.leave(PAGE)
    variables = {"TMPDIR": str(place.folder), "FEATX_CACHE": str(place.folder)}
    code, said = place.run(COMMANDS[name], folder=elsewhere, **variables)
    if name in NEED_TEMPORARY_FILES:
        check_message(said, code, place, said)
    else:
        assert code == 0, said
        check_same(elsewhere, after, said)
    left = [path for path in place.folder.rglob("*") if path.is_file()]
    unfinished = [path for path in left if not path.suffix.startswith(".sqlite")]
    # what is remembered of features may fit into the last page
    assert all(map(npz_is_whole, unfinished)), "temporary files are left"


def points(needed: int) -> list[int]:
    """Return how many bytes are left at each trial: few at first, at last nearly all needed."""
    pages = needed // PAGE
    spread = {round(2 + (pages - 3) * step / (POINTS - 4)) for step in range(POINTS - 3)}
    return [PAGE * page for page in sorted({0, 1, 2} | {page for page in spread if page > 2})]


def check_message(said: str, code: int, place: Place, where: str) -> None:
    """Assert that a command said once, in a sentence, what could not be written."""
    assert code == 1, where
    for word in ("Traceback", "Logging error", "Exception ignored", "Errno"):
        assert word not in said, where
    _, *problems = f"\n{said}".split("\nerror: ")
    assert len(problems) == 1, where
    assert MESSAGE.search(problems[0]), where
    assert "Make room" in problems[0], where


def check_same(folder: Path, reference: Path, where: str) -> None:
    """Assert that a folder holds what another holds, and no file beside it."""
    assert names(folder) == names(reference), where
    for name in names(folder):
        one, other = (place / name for place in (folder, reference))
        if one.is_file() and one.name not in UNLIKE and one.name not in TIMED:
            contents = map(without_times, (one, other))
            assert len(set(contents)) == 1, f"{name} differs; {where}"


def names(folder: Path) -> set[str]:
    """Return the names of all that is in a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
