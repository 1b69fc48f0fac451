"""A hundred kills at random moments, over everything that writes: nothing done is lost.

Each command runs from the same state, once as a whole and several times until a SIGKILL, and is
then let end. What it leaves must be what it left as a whole, byte for byte but for the times that
things took.
"""

import multiprocessing
import os
import random
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from featx.cli.main import main
from tests.timeless import without_times

KILLS = 7  # of each command
SEED = int(os.environ.get("FEATX_KILL_SEED", "18"))
COMMANDS = {
    "extract": "extract --model {encoder} --batch-seconds 1",
    "extract without a model": "extract --model egemaps",
    "fit": "fit --head dense --model {encoder} --name dense --final",
    "fit linear": "fit --head linear --model {encoder} --name linear",
    "tune": "tune --head linear --model {encoder} --name tuned --trials 5",
    "probe": "probe --model {encoder} --name layers",
    "vote": "vote runs/dense runs/linear --name both",
    "report": "report runs --out page/report.html",
    "run": "run small.toml",
    "compress": "extract --model {encoder} --batch-seconds 1 --compress --out packed",
    "export": "cache export features/manifest/tiny --to npy --out exported",
    "import": "cache import exported --name theirs --frame-step 0.02",
    "repair": "cache verify features/manifest/tiny --repair",
    "extract what was repaired": "extract --model {encoder} --batch-seconds 1",
    "prune": "cache prune features/manifest/tiny --manifest half.csv",
    "remove": "cache rm features/manifest/egemaps --yes",
}
EXPERIMENT = """
[corpora.tones]
path = "manifest.csv"

[features.few]
model = "{encoder}"
layers = "0-1"

[heads.plain]
head = "dense"
features = ["egemaps"]
settings = ["training.epochs=2"]

[heads.layers]
head = "dense"
features = ["few"]
settings = ["training.epochs=2"]
"""
OUTPUT = Path("../output.txt")  # of the latest command, outside the working folder


def _work(command: list[str]) -> None:
    """Be a command line, in a process that was forked with all modules loaded."""
    with OUTPUT.open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.argv = ["featx", *command]
    main()


def start(command: str) -> multiprocessing.Process:
    process = multiprocessing.get_context("fork").Process(target=_work, args=(command.split(),))
    process.start()
    return process


def finish(command: str, may_refuse: bool = False) -> float:
    """Let a command end; return the seconds that it took."""
    begun = time.monotonic()
    process = start(command)
    process.join(300)
    assert process.exitcode == 0 or (may_refuse and process.exitcode == 1), (
        f"{command}: {OUTPUT.read_text()[-2000:]}"
    )
    return time.monotonic() - begun


def kill_within(
    command: str, duration: float, generator: random.Random, begin_anew: Callable[[], Path]
) -> None:
    """Kill a command at some moment; where it is over by then, begin anew and kill it earlier."""
    while True:
        process = start(command)
        process.join(generator.uniform(0, duration))
        if process.exitcode is None:
            process.kill()
            process.join()
            return
        begin_anew()
        duration *= 0.9


def left(folder: Path) -> dict[str, bytes]:
    """Return what files hold, without what differs from run to run.

    The page of an experiment says how long its own training took, so it is left out.
    """
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or path.name in ("run.log", "cost.json", ".used") or ".lock" in path.name:
            continue
        if name.startswith("reports/"):
            continue
        content = without_times(path)
        if path.name in ("history.csv", "trials.csv"):  # the last column is of seconds
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


def damage(state: Path) -> None:
    """Flip a bit of the features of ten utterances."""
    path = state / "features/manifest/tiny/shard-0000.h5"
    with h5py.File(path) as file:
        begin = file["features"].id.get_offset()
        places = [begin + 32 * int(frame) for frame in file["frame_offset"][:10]]
    content = bytearray(path.read_bytes())
    for place in places:
        content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_nothing_done_is_lost(write_corpus, checkpoint_folder, tmp_path, begin, capsys):
    write_corpus(speakers=8, takes=4)
    Path("small.toml").write_text(EXPERIMENT.format(encoder=checkpoint_folder))
    lines = Path("manifest.csv").read_text().splitlines(keepends=True)
    Path("half.csv").write_text("".join(lines[:49]))
    state = tmp_path / "states" / "0"
    shutil.copytree(tmp_path, state, ignore=shutil.ignore_patterns("states"))
    generator = random.Random(SEED)
    begun = time.monotonic()
    for number, (name, command) in enumerate(COMMANDS.items(), 1):
        command = command.format(encoder=checkpoint_folder)
        if name == "repair":
            damage(state)
        place = begin(state)
        duration = finish(command)
        after = tmp_path / "states" / str(number)
        shutil.copytree(place, after)
        whole = left(place)
        begin(state)
        for _ in range(KILLS):
            kill_within(command, duration, generator, lambda state=state: begin(state))
        finish(command, may_refuse=name == "remove")  # what is removed is not there any more
        found = left(place)
        assert sorted(found) == sorted(whole), name
        assert [file for file in whole if found[file] != whole[file]] == [], name
        finish(command, may_refuse=name in ("remove", "export"))  # and does nothing more
        assert left(place) == found, name
        state = after
    with capsys.disabled():
        kills = KILLS * len(COMMANDS)
        print(f"\n{kills} kills in {time.monotonic() - begun:.0f} s, seed {SEED}")
