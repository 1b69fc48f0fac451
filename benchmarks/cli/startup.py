"""How long it takes until featx is there: `import featx` and `featx --help`.

    python -m benchmarks.cli.startup

Each in a process of its own, beside an interpreter that does nothing, in turn; medians.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
EMPTY = "python -c pass"
LIMITS = {'python -c "import featx"': 0.15, "featx --help": 0.3}  # seconds


def seconds(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> None:
    commands = {
        EMPTY: [sys.executable, "-c", "pass"],
        'python -c "import featx"': [sys.executable, "-c", "import featx"],
        "featx --help": [str(Path(sys.executable).with_name("featx")), "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            times[name].append(seconds(command))
    empty = statistics.median(times[EMPTY])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:26} {median:.3f} s ({min(taken):.3f} to {max(taken):.3f})", end="")
        if name in LIMITS:
            verdict = "met" if median <= LIMITS[name] else "missed"
            print(
                f", {median - empty:.3f} s over {EMPTY}; limit {LIMITS[name]} s: {verdict}", end=""
            )
        print()


if __name__ == "__main__":
    main()
