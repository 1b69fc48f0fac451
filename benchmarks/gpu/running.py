"""Part after part, in a process that another takes over from when a part breaks or takes too long.

A process for each part would spend a fifth of the time on importing torch and transformers.
"""

import faulthandler
import gc
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from benchmarks.gpu.parts import SHARES, find_part
from benchmarks.gpu.report import Report

ROOT = Path(__file__).parents[2]
SHORTEST = 15.0  # seconds that a part is begun with
BROKEN = 3  # exit code: a part broke, and said so; the card may be in no state to go on
GRACE = 10.0  # seconds for a worker to end by itself
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


@dataclass(frozen=True)
class Options:
    """What all parts are given.

    Attributes:
        device: as featx takes it.
        quick: whether models and audio are tiny.
        files: how many utterances there are at most.
        scratch: a folder for models, audio and features.
    """

    device: str
    quick: bool
    files: int
    scratch: Path

    @property
    def shortest(self) -> float:
        """Seconds that a part is begun with."""
        return 0.0 if self.quick else SHORTEST


Work = Callable[[Report, Options, Sequence[str], float], int]


def run_all(
    report: Report, options: Options, parts: Sequence[str], until: float, worker: Work
) -> None:
    """Have parts done as long as there is time, by one worker after another.

    Args:
        report: where figures go.
        options: what all parts are given.
        parts: their names, in order.
        until: when time is over, by `time.monotonic`.
        worker: does parts until one breaks; returns 0 or why it ended.
    """
    while parts and until - time.monotonic() >= options.shortest:
        code = worker(report, options, parts, until)
        parts = [part for part in parts if part not in report.ended()]
        if code not in (0, BROKEN) and parts:
            said = (report.log.read_text().strip() or "nothing was said").splitlines()[-1]
            report.note(parts[0], {"failed": f"its process ended with {code}: {said}"})
            report.end(parts[0])
            parts = parts[1:]
    for part in parts:
        report.note(part, {"failed": "no time was left"})


def work_apart(report: Report, options: Options, parts: Sequence[str], until: float) -> int:
    """Do parts in a process of their own; return its exit code, 0 if time was over."""
    command = [sys.executable, "-m", "benchmarks.gpu", "--out", str(report.folder)]
    command += ["--device", options.device, "--files", str(options.files)]
    command += ["--scratch", str(options.scratch), "--until", str(until), "--only", *parts]
    with report.log.open("a") as log:
        process = subprocess.Popen(
            command, stderr=log, start_new_session=True, env={**os.environ, **OFFLINE}
        )
        try:
            return process.wait(max(0.0, until - time.monotonic()) + GRACE)
        except subprocess.TimeoutExpired:
            return 0
        finally:
            with suppress(ProcessLookupError):  # with all that it has started
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def work(report: Report, options: Options, parts: Sequence[str], until: float) -> int:
    """Do parts here as long as there is time; return 0, or `BROKEN` after a part that broke."""
    with suppress(Exception):  # half a minute where nothing was read before: no part's own
        import_module("benchmarks.gpu.setting")
    for part in parts:
        seconds = min(SHARES[part], until - time.monotonic())
        if seconds < options.shortest:
            break
        with nullcontext() if options.quick else ended_after(seconds, report, part):
            sound = run(report, options, part, time.monotonic() + seconds)
        if not sound:
            return BROKEN
    return 0


def run(report: Report, options: Options, part: str, end: float) -> bool:
    """Do a part, and note each of its figures as it comes; tell whether others can follow."""
    begin, home, sound = time.monotonic(), Path.cwd(), True
    try:
        from benchmarks.gpu.setting import Setting

        setting = Setting(options.device, options.quick, options.files, options.scratch, end)
        with setting.as_if_first():
            for figure in find_part(part)(setting):
                report.note(part, figure)
    except Exception as error:  # the other parts go on
        traceback.print_exc()
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        report.note(part, {"failed": reason[:500]})
        sound = not isinstance(error, RuntimeError)  # of which CUDA's are
    finally:
        os.chdir(home)
    gc.collect()
    report.end(part, time.monotonic() - begin)
    return sound


@contextmanager
def ended_after(seconds: float, report: Report, part: str) -> Iterator[None]:
    """End this process if something takes longer, and say where it was."""

    def end() -> None:
        faulthandler.dump_traceback(all_threads=True)
        report.note(part, {"failed": f"stopped after {seconds:.0f} s"})
        report.end(part, seconds)
        os._exit(BROKEN)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def missing_packages() -> str:
    """Name the packages of pyproject.toml that are not installed here, "" if all are."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["lora"]]
    needed += ["hypothesis", "pytest"]
    return ", ".join(line for line in needed if not is_installed(line))


def is_installed(requirement: str) -> bool:
    """Tell whether a package is here, in whatever version."""
    name = re.match(r"[\w-]+", requirement)
    assert name is not None, requirement
    try:
        distribution(name.group())
    except PackageNotFoundError:
        return False
    return True
