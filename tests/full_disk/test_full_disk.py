"""A disk that fills at many points of every command: said, nothing lost, and then it goes on."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import pytest
from safetensors import safe_open

from featx.demo.corpus import write_corpus

PAGE = os.sysconf("SC_PAGE_SIZE")
POINTS = 20
SIZE = 96 * 2**20  # bytes of the disk
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
MADE = re.compile(rb"\d+ \w+ \d{4}, \d\d:\d\d UTC")  # of a page
MESSAGE = re.compile(r"(needs [\d.,]+ [kMG]?B, )?[\d.,]+ [kMG]?B free( now)?\. ")
TUNING = ("training.every=2", "training.epochs=1", "training.learning_rate=1e-3")
EXPERIMENT = """
seeds = 1
[corpora.manifest]
path = "manifest.csv"
protocols = ["fixed.toml"]
[features.tiny]
model = "{model}"
layers = "0-2"
[heads.layers]
head = "dense"
features = ["tiny"]
settings = ["training.epochs=2"]
[heads.plain]
head = "linear"
features = ["tiny"]
"""
PROTOCOL = """
title = "one fold"
[division]
kind = "speakers"
train = ["01", "02"]
validation = ["03"]
test = ["04"]
"""


@dataclass
class Place:
    """A small disk with a working folder, and where commands run in forks.

    Attributes:
        disk: where it is mounted.
        model: a tiny encoder's folder, on another disk.
    """

    disk: Path
    model: Path
    server: subprocess.Popen[str]
    said: Path

    @property
    def folder(self) -> Path:
        """The working folder."""
        return self.disk / "work"

    def run(
        self,
        words: tuple[str, ...],
        blind: bool = False,
        folder: Path | None = None,
        **variables: str,
    ) -> tuple[int, str]:
        """Run a command; return its exit code and all that it said."""
        order = {
            "words": [word.format(model=self.model) for word in words],
            "folder": str(folder or self.folder),
            "variables": {"SOURCE_DATE_EPOCH": "0", **variables},  # for PDFs
            "blind": blind,
            "out": str(self.said / "out"),
            "err": str(self.said / "err"),
        }
        self.server.stdin.write(f"{json.dumps(order)}\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        return code, (self.said / "out").read_text() + (self.said / "err").read_text()

    def restore(self, state: Path) -> None:
        """Make the working folder what another folder is."""
        self.free()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(state, self.folder)

    def leave(self, nbytes: int) -> None:
        """Fill the disk up to so many bytes."""
        self.free()
        disk = os.statvfs(self.disk)
        with (self.disk / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_bsize - nbytes)

    def free(self) -> None:
        """Make room again."""
        (self.disk / "filler").unlink(missing_ok=True)

    def used(self) -> int:
        """Return how many bytes are in use."""
        disk = os.statvfs(self.disk)
        return (disk.f_blocks - disk.f_bfree) * disk.f_bsize


@pytest.fixture(scope="module")
def place(tmp_path_factory, checkpoint_folder) -> Iterator[Place]:
    """A disk of its own, and a process to run commands in."""
    disk = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)]
    if (
        sys.platform != "linux"
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("no disk can be mounted here")
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("forks.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Place(disk, checkpoint_folder, server, tmp_path_factory.mktemp("said"))
    finally:
        server.stdin.close()
        server.wait()
        subprocess.run(["umount", str(disk)], check=True)


FIT = ("fit", "--model", "{model}", "--folds", "3", "--head")
HEARD = ("corpus/Actor_01/03-01-01-01-01-01-01.wav", "--encoder", "{model}")
COMMANDS: dict[str, tuple[str, ...]] = {
    "manifest": ("manifest", "ravdess", "corpus"),
    "audit": ("audit", "--out", "audit.html"),
    "extract": ("extract", "--model", "{model}"),
    "fit": (*FIT, "dense", "--set", "training.epochs=2", "--name", "a"),
    "linear": (*FIT, "linear", "--final", "--name", "b"),
    "overwrite": (*FIT, "dense", "--set", "training.epochs=1", "--name", "a", "--overwrite"),
    "finetune": (
        *("finetune", "--model", "{model}", "--folds", "3", "--name", "c", "--device", "cpu"),
        *(word for setting in TUNING for word in ("--set", setting)),
    ),
    "predict": (
        *("predict", "runs/a", *HEARD, "--out", "predicted.csv"),
        *("--window", "0.5", "--timeline", "timelines"),
    ),
    "explain": ("explain", "runs/a", *HEARD, "--out", "why"),
    "probe": ("probe", "--model", "{model}", "--folds", "3", "--name", "p"),
    "layers": ("layers", "runs/a", "--out", "layers"),
    "vote": ("vote", "runs/a", "runs/b", "--name", "v"),
    "compare": ("compare", "runs/a", "runs/b", "--out", "compared"),
    "report": ("report", "runs/a", "runs/b", "--out", "report.html"),
    "export": ("export", "runs/a", "--out", "a.onnx", "--encoder", "{model}"),
    "push": ("push", "runs/a", "me/emotions", "--dry-run", "pushed"),
    "run": ("run", "small.toml"),
}


# features of audio that is predicted, and runs that are sent, lie in TMPDIR for a while
NEED_TEMPORARY_FILES = ("predict", "explain", "export", "push")


class States:
    """The working folder before and after each command, one command after another.

    Args:
        place: where they run.
        kept: where the states are kept.
    """

    def __init__(self, place: Place, kept: Path) -> None:
        self._place, self._kept = place, kept
        self._last = kept / "start"
        self._found: dict[str, tuple[Path, Path, int]] = {}
        write_corpus(self._last / "corpus", speakers=4)
        for path in (self._last / "corpus").rglob("03-01-0[4678]*"):  # half of the emotions
            path.unlink()
        (self._last / "small.toml").write_text(EXPERIMENT.format(model=place.model))
        (self._last / "fixed.toml").write_text(PROTOCOL)

    def of(self, name: str) -> tuple[Path, Path, int]:
        """Return the folder before and after a command, and the bytes that it takes."""
        ahead = (command for command in COMMANDS if command not in self._found)
        while name not in self._found:
            self._run(next(ahead))
        return self._found[name]

    def _run(self, name: str) -> None:
        self._place.restore(self._last)
        used, begin = self._place.used(), time.time()
        code, said = self._place.run(COMMANDS[name])
        assert code == 0, said
        written = (path.stat() for path in self._place.folder.rglob("*") if path.is_file())
        anew = sum(-(-facts.st_size // PAGE) * PAGE for facts in written if facts.st_mtime > begin)
        needed = max(anew, self._place.used() - used)
        shutil.copytree(self._place.folder, self._kept / name)
        self._found[name] = self._last, self._kept / name, needed
        self._last = self._kept / name


@pytest.fixture(scope="module")
def states(place, tmp_path_factory) -> States:
    """The working folder before and after each command."""
    return States(place, tmp_path_factory.mktemp("states"))


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
    left = {path.suffix for path in place.folder.rglob("*")}
    assert left <= {".sqlite", ".sqlite-journal"}, "temporary files are left"


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


def check_same(folder: Path, reference: Path, where: str) -> None:
    """Assert that a folder holds what another holds, and no file beside it."""
    assert names(folder) == names(reference), where
    for name in names(folder):
        one, other = (place / name for place in (folder, reference))
        if one.is_file() and one.name not in UNLIKE and one.name not in TIMED:
            contents = (MADE.sub(b"", path.read_bytes()) for path in (one, other))
            assert len(set(contents)) == 1, f"{name} differs; {where}"


def names(folder: Path) -> set[str]:
    """Return the names of all that is in a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
