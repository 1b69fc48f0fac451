"""A hundred kills at random moments, over everything that writes: nothing done is lost.

Each command runs from the same state, once as a whole and several times until a SIGKILL, and is
then let end. What it leaves must be what it left as a whole, byte for byte but for the times that
things took.
"""

import multiprocessing
import os
import random
import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from featx.cli.main import main

KILLS = 10  # of each command
SEED = int(os.environ.get("FEATX_KILL_SEED", "18"))
COMMANDS = {
    "extract": "extract --model {encoder} --batch-seconds 1",
    "extract without a model": "extract --model egemaps",
    "fit": "fit --head dense --model {encoder} --name dense --final",
    "fit linear": "fit --head linear --model {encoder} --name linear",
    "probe": "probe --model {encoder} --name layers",
    "vote": "vote runs/dense runs/linear --name both",
    "report": "report runs --out page/report.html",
    "run": "run small.toml",
}
EXPERIMENT = """
[corpora.tones]
path = "manifest.csv"

[features.tiny]
model = "{encoder}"
layers = "0-1"

[heads.plain]
head = "dense"
features = ["egemaps"]
settings = ["training.epochs=2"]

[heads.layers]
head = "dense"
features = ["tiny"]
settings = ["training.epochs=2"]
"""
OF_TIME = re.compile(rb'"time": "[^"]*"')
Start = Callable[[str], multiprocessing.Process]


def _work(command: list[str]) -> None:
    """Be a command line, in a process that was forked with all modules loaded."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    sys.argv = ["featx", *command]
    main()


def start(command: str) -> multiprocessing.Process:
    process = multiprocessing.get_context("fork").Process(target=_work, args=(command.split(),))
    process.start()
    return process


def finish(command: str) -> float:
    begun = time.monotonic()
    process = start(command)
    process.join(300)
    assert process.exitcode == 0, command
    return time.monotonic() - begun


def left(folder: Path) -> dict[str, bytes]:
    """Return what files hold, without what differs from run to run."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or path.name in ("run.log", "cost.json") or ".lock" in path.name:
            continue
        content = OF_TIME.sub(rb"", path.read_bytes())
        if path.name == "history.csv":  # its last column is of seconds
            content = b"\n".join(line.rpartition(b",")[0] for line in content.splitlines())
        files[name] = content
    return files


@pytest.fixture
def begin(tmp_path, monkeypatch) -> Callable[[Path], Path]:
    """Begin at a state of the working folder: always in the same place, as files name it."""
    place = tmp_path / "work"

    def begin(state: Path) -> Path:
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(state, place)
        monkeypatch.chdir(place)
        return place

    return begin


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_nothing_done_is_lost(write_corpus, checkpoint_folder, tmp_path, begin, capsys):
    write_corpus(speakers=8, takes=4)
    Path("small.toml").write_text(EXPERIMENT.format(encoder=checkpoint_folder))
    state = tmp_path / "states" / "0"
    shutil.copytree(tmp_path, state, ignore=shutil.ignore_patterns("states"))
    generator = random.Random(SEED)
    killed, begun = 0, time.monotonic()
    for number, (name, command) in enumerate(COMMANDS.items(), 1):
        command = command.format(encoder=checkpoint_folder)
        place = begin(state)
        duration = finish(command)
        after = tmp_path / "states" / str(number)
        shutil.copytree(place, after)
        whole = left(place)
        begin(state)
        for moment in sorted(generator.uniform(0, duration) for _ in range(KILLS)):
            process = start(command)
            process.join(moment)
            killed += process.exitcode is None
            process.kill()
            process.join()
        finish(command)
        found = left(place)
        assert sorted(found) == sorted(whole), name
        assert [file for file in whole if found[file] != whole[file]] == [], name
        finish(command)  # and does nothing more
        assert left(place) == found, name
        state = after
    with capsys.disabled():
        print(f"\n{killed} kills in {time.monotonic() - begun:.0f} s, seed {SEED}")
    assert killed >= KILLS * len(COMMANDS) // 2
