"""How long it takes until featx is there: `import featx` and `featx --help`.

    python -m benchmarks.cli.startup

Each in a process of its own, beside an interpreter that does nothing, in turn; medians. Beside the
time that passes stands the processor's, which other work on the machine lengthens less.
"""

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
EMPTY, IMPORT, HELP = "python -c pass", 'python -c "import featx"', "featx --help"
LIMITS = {IMPORT: 0.15, HELP: 0.3}  # seconds


def seconds(command: list[str]) -> tuple[float, float]:
    """Return the time that passes while a command runs, and the processor's time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    passed = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return passed, spent


def main() -> None:
    commands = {
        EMPTY: [sys.executable, "-c", "pass"],
        IMPORT: [sys.executable, "-c", "import featx"],
        HELP: [str(Path(sys.executable).with_name("featx")), "--help"],
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            times[name].append(seconds(command))
    for name, taken in times.items():
        passed = [both[0] for both in taken]
        median = statistics.median(passed)
        spent = statistics.median(both[1] for both in taken)
        print(
            f"{name:26} {median:.3f} s ({min(passed):.3f} to {max(passed):.3f}), "
            f"{spent:.3f} s of the processor",
            end="",
        )
        if name in LIMITS:
            verdict = "met" if median <= LIMITS[name] else "missed"
            print(f"; limit {LIMITS[name]} s: {verdict}", end="")
        print()


if __name__ == "__main__":
    main()
