"""What a user waits for, from the installation to the prediction of a file, as a table.

    FEATX_DATA=... python -m benchmarks.journey --files 96
    FEATX_DATA=... python -m benchmarks.journey --files 96 --runs 3 --install

Commands of featx on a part of RAVDESS with Whisper tiny.en, each in a process of its own as a user
starts it, in a new folder with an empty cache of featx. Of each: the time that passes, the
processor's time, and what the process was at, by `benchmarks/sampling.py`. Arithmetic is the
encoder's forward, acoustic features, heads that learn and predict, and the features' statistics.
The rest is shown by kind; "start, end" is Python's own, before and after the command.
`--install` begins with a new virtual environment, which takes minutes, a network and 6 GB.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.sampling import ARITHMETIC, STATISTICS, Sampler

MODEL = "whisper-tiny.en"
HOME = Path(__file__).parents[1]
RUNS = [f"runs/{head}" for head in ("linear", "dense", "lstm")]
FIRST = "first batch"


@dataclass
class Step:
    """What a user does.

    Attributes:
        name: what the table calls it.
        command: the arguments of featx; those of Python if `plain`.
        plain: whether nothing watches the process.
    """

    name: str
    command: list[str]
    plain: bool = False


@dataclass
class Seen:
    """What a step took.

    Attributes:
        passed: seconds.
        used: seconds of the processor.
        kinds: what the process was at, in seconds; empty if nothing watched.
        first: seconds until the first batch was written; 0 if there is none.
        places: where the time of "other" was spent.
    """

    passed: float
    used: float
    kinds: dict[str, float] = field(default_factory=dict)
    first: float = 0.0
    places: dict[str, float] = field(default_factory=dict)

    @property
    def arithmetic(self) -> float:
        """Seconds of encoders, heads and statistics."""
        return self.kinds.get(ARITHMETIC, 0.0) + self.kinds.get(STATISTICS, 0.0)


def steps(corpus: Path, file: Path) -> list[Step]:
    """Return the whole way, in order."""
    fit = ["fit", "--folds", "3", "--quiet", "--name"]
    return [
        Step("python -c pass", ["-c", "pass"], plain=True),
        Step("import featx", ["-c", "import featx"], plain=True),
        Step("featx --help", ["-m", "featx", "--help"], plain=True),
        Step("manifest", ["manifest", "ravdess", str(corpus)]),
        Step("planning (--dry-run)", ["extract", "--model", MODEL, "--dry-run"]),
        Step("extract", ["extract", "--model", MODEL]),
        Step("extract logmel", ["extract", "--model", "logmel"]),
        Step("fit linear", [*fit, "linear", "--head", "linear", "--model", MODEL]),
        Step("fit dense", [*fit, "dense", "--head", "dense", "--model", MODEL]),
        Step("fit lstm", [*fit, "lstm", "--head", "lstm", "--model", MODEL]),
        Step(
            "fit fusion",
            [*fit, "fusion", "--head", "fusion", "--model", MODEL, "--model", "logmel"],
        ),
        Step("probe", ["probe", "--model", MODEL, "--folds", "3"]),
        Step("vote", ["vote", *RUNS, "--name", "vote"]),
        Step("report", ["report", *RUNS, "runs/vote"]),
        Step("predict a file", ["predict", "runs/linear", str(file)]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=96, help="utterances of RAVDESS")
    parser.add_argument("--runs", type=int, default=1, help="journeys; medians are shown")
    parser.add_argument("--install", action="store_true", help="install into a new environment")
    parser.add_argument("--only", nargs="+", metavar="STEP", help="after those that they need")
    parser.add_argument("--scratch", type=Path, help="where folders are made")
    parser.add_argument("--out", type=Path, help="a JSON file for all figures")
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        watch(options.child)
        return
    seen: dict[str, list[Seen]] = {}
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        if options.install:
            seen["install"] = [install(Path(scratch))]
        for run in range(options.runs):
            for name, taken in travel(Path(scratch, str(run)), options.files, options.only):
                seen.setdefault(name, []).append(taken)
                print(f"{name}: {taken.passed:.1f} s", file=sys.stderr, flush=True)
    if options.out:
        found = {name: [vars(each) for each in taken] for name, taken in seen.items()}
        options.out.write_text(json.dumps(found, indent=1))
    print(f"{options.files} files, medians of {options.runs}; load {os.getloadavg()[1]:.1f} of the")
    print("last 5 minutes, which every other process on the machine raises")
    report(seen)


def travel(folder: Path, files: int, only: Sequence[str] | None) -> Iterator[tuple[str, Seen]]:
    """Go the whole way in a folder; yield what each step took."""
    corpus = folder / "corpus"
    paths = write_corpus(corpus, files)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HOME), os.environ.get("PYTHONPATH", "")]),
        "FEATX_CACHE": str(folder / "cache"),
    }
    for step in steps(corpus, paths[0]):
        command = [sys.executable, *step.command]
        if not step.plain:
            note = str(folder / "seen.json")
            command = [sys.executable, "-m", "benchmarks.journey", "--child", note, *step.command]
        passed, used, begin = run(command, folder, environment)
        seen = Seen(passed, used)
        if not step.plain:
            found = json.loads(Path(folder, "seen.json").read_text())
            seen.kinds, seen.places = found["seconds"], found["places"]
            seen.kinds["start, end"] = max(0.0, passed - sum(seen.kinds.values()))
            seen.first = found["first"] - begin if found["first"] else 0.0
        if only is None or step.name in only:
            yield step.name, seen
    shutil.rmtree(folder)


def write_corpus(folder: Path, files: int) -> list[Path]:
    """Copy a part of RAVDESS from all over it."""
    from benchmarks.setting import ravdess

    copies = []
    for utterance in ravdess(files).utterances:
        copies.append(folder / utterance.path.parent.name / utterance.path.name)
        copies[-1].parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(utterance.path, copies[-1])
    return copies


def run(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, ...]:
    """Run a command; return seconds, the processor's seconds, and when it began."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    passed = time.time() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stderr[-3000:]}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return passed, used, begin


def watch(given: list[str]) -> None:
    """Be featx with some arguments, and note what takes its time."""
    path, *sys.argv[1:] = given
    first: list[float] = []
    with Sampler() as sampler:
        try:
            from featx.cli.main import main as featx

            with noting_first(first):
                featx()
        except SystemExit as end:
            if end.code:
                raise
    found = {
        "seconds": sampler.seconds,
        "places": dict(Counter(sampler.places).most_common(30)),
        "first": first[0] if first else None,
    }
    Path(path).write_text(json.dumps(found))


@contextmanager
def noting_first(first: list[float]) -> Iterator[None]:
    """Note when the first batch of an extraction is written, as its progress says."""
    from featx.utils import progress

    usual = progress._lines

    @contextmanager
    def lines(title: str, count: "progress._Count") -> Iterator["progress.Advance"]:
        with usual(title, count) as advance:

            def step(amount: float) -> None:
                if title == "Extracting" and not first:
                    first.append(time.time())
                advance(amount)

            yield step

    progress._lines = lines
    yield


def install(folder: Path) -> Seen:
    """Install featx into a new virtual environment, as the README says."""
    python = folder / "venv" / "bin" / "python"
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "-c", str(HOME / "constraints.txt")]
    subprocess.run([*pip, str(HOME)], check=True)
    passed = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    shutil.rmtree(folder / "venv")
    return Seen(passed, used)


def report(seen: dict[str, list[Seen]]) -> None:
    """Print the table in Markdown: medians, and what is not arithmetic by kind."""
    print("\n| step | s | of the processor | not arithmetic, s | share | what it is, s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, taken in seen.items():
        passed, used, rest = (
            statistics.median(values)
            for values in zip(
                *((t.passed, t.used, t.passed - t.arithmetic) for t in taken), strict=True
            )
        )
        kinds = {key for each in taken for key in each.kinds} - {ARITHMETIC, STATISTICS}
        medians = {k: statistics.median(t.kinds.get(k, 0.0) for t in taken) for k in kinds}
        shown = sorted(((v, k) for k, v in medians.items() if v >= 0.05), reverse=True)
        words = ", ".join(f"{kind} {value:.1f}" for value, kind in shown[:6])
        print(
            f"| {name} | {passed:.2f} | {used:.2f} | {rest:.2f} | {rest / passed:.0%} | {words} |"
        )
        for row, each in (
            (FIRST, [t.first for t in taken]),
            (STATISTICS, [t.kinds.get(STATISTICS, 0.0) for t in taken]),
        ):
            if (value := statistics.median(each)) >= 0.005:
                print(f"| … {row} | {value:.2f} | | | | |")


if __name__ == "__main__":
    main()
