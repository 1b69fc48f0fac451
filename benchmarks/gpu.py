"""All that is to be known of featx on a GPU, in one command of at most ten minutes.

    python -m benchmarks.gpu --out gpu                       # on a machine with a card
    python -m benchmarks.gpu --out gpu --device cpu --quick  # a rehearsal with tiny models

Weights are random and of the published sizes, audio is that of RAVDESS where FEATX_DATA is set and
else noise of the same lengths: neither changes how long anything takes. Each part (the functions of
`benchmarks/gpu_parts.py`) has a process and a share of the time of its own, and each figure is
written to OUT/figures.jsonl as soon as it is known, so that whatever is stopped or breaks leaves
those before it. At the end, and of what is there by `--show`, OUT/figures.md has the tables.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Figure = Mapping[str, Any]
MINUTES = 9.5
SHARES = {  # seconds of a part at most, in the order in which they are run; what is left is kept
    "machine": 40,
    "exactness": 60,
    "extract:base": 70,
    "extract:large": 70,
    "extract:whisper-large-v3": 80,
    "profile": 45,
    "extract:1b": 90,
    "fit": 60,
    "finetune": 75,
    "extract:whisper-tiny": 40,
    "commands": 60,
    "devices": 45,
    "tests": 60,
}
SHORTEST = 15.0  # seconds that a part is begun with


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("gpu"), help="the folder of the figures")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:<number> or cpu")
    parser.add_argument("--quick", action="store_true", help="tiny models, in one process")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for all parts together")
    parser.add_argument("--files", type=int, default=1440, help="utterances, at most")
    parser.add_argument("--only", nargs="+", choices=SHARES, metavar="PART")
    parser.add_argument("--scratch", type=Path, help="where features are written: the disk timed")
    parser.add_argument("--show", action="store_true", help="write the tables alone")
    parser.add_argument("--part", choices=SHARES, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    figures = options.out / "figures.jsonl"
    if options.part:
        run_here(options, options.part, options.seconds)
        return
    if not options.show:
        figures.unlink(missing_ok=True)
        run_all(options)
    tables = markdown([json.loads(line) for line in figures.read_text().splitlines()])
    (options.out / "figures.md").write_text(tables)
    print(tables)


def run_all(options: argparse.Namespace) -> None:
    """Run part after part, as long as there is time."""
    end = time.monotonic() + 60 * options.minutes
    for part in options.only or SHARES:
        left = end - time.monotonic()
        if left < (0 if options.quick else SHORTEST):
            note(options, part, {"failed": "no time was left"})
            continue
        seconds = min(SHARES[part], left)
        print(f"{part} ...", file=sys.stderr, flush=True)
        (run_here if options.quick else run_apart)(options, part, seconds)


def run_apart(options: argparse.Namespace, part: str, seconds: float) -> None:
    """Run a part in a process of its own, which is ended when its time is over."""
    command = [sys.executable, "-m", "benchmarks.gpu", *sys.argv[1:]]
    command += ["--part", part, "--seconds", str(seconds - 5)]
    try:
        done = subprocess.run(command, timeout=seconds, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        note(options, part, {"failed": f"stopped after {seconds:.0f} s"})
        return
    if done.returncode:
        note(options, part, {"failed": (done.stderr.strip() or "no reason").splitlines()[-1]})


def run_here(options: argparse.Namespace, part: str, seconds: float) -> None:
    """Run a part, and note each of its figures as it comes."""
    from benchmarks.gpu_parts import PARTS, Setting

    kind, _, model = part.partition(":")
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        setting = Setting(
            options.device, options.quick, options.files, Path(scratch), begin + seconds
        )
        home = Path.cwd()
        try:
            for figure in PARTS[kind](setting, model) if model else PARTS[kind](setting):
                note(options, part, figure)
        except Exception as error:  # the other parts go on
            traceback.print_exc()
            note(options, part, {"failed": f"{type(error).__name__}: {error}"[:500]})
        finally:
            os.chdir(home)
    note(options, part, {"seconds": round(time.monotonic() - begin, 1)})


def note(options: argparse.Namespace, part: str, figure: Figure) -> None:
    """Write a figure, so that it is there whatever happens next."""
    with (options.out / "figures.jsonl").open("a") as file:
        file.write(json.dumps({"part": part, **figure}) + "\n")


EXTRACTION = (
    "model", "precision", "s of audio a second", "over the usual way", "over the floor",
    "the floor is", "GPU memory, GB", "card busy",
)  # fmt: skip


def markdown(figures: Sequence[Figure]) -> str:
    """Return the figures as tables: of the machine, of extraction, of steps, and of checks."""
    machine = {k: v for f in figures if f["part"] == "machine" for k, v in f.items()}
    lines = [f"On {machine.get('device', 'a device that did not say what it is')}: "]
    lines[0] += ", ".join(f"{k} {v}" for k, v in machine.items() if k not in SKIPPED)
    rows = [[f.get(name, "") for name in EXTRACTION] for f in figures if "over the floor" in f]
    lines += table(EXTRACTION, rows)
    timed = [f for f in figures if "what" in f]
    names = ("what", "figure", "unit", "remark")
    lines += table(names, [[f.get(name, "") for name in names] for f in timed])
    checks = [f for f in figures if "check" in f]
    rows = [[f["check"], "passed" if f["passed"] else "FAILED", f["seen"]] for f in checks]
    lines += table(("check", "", "what was seen"), rows)
    lines += [f"- {f['part']}: not done, {f['failed']}" for f in figures if "failed" in f]
    return "\n".join(lines) + "\n"


SKIPPED = ("part", "device", "seconds", "failed")


def table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Return the lines of a table in Markdown, none if it is empty."""
    if not rows:
        return []
    cells = [list(names), ["---"] * len(names), *([shown(cell) for cell in row] for row in rows)]
    return ["", *(f"| {' | '.join(row)} |" for row in cells), ""]


def shown(value: object) -> str:
    """Return a cell's text: three digits of a number that is no count."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)


if __name__ == "__main__":
    main()
