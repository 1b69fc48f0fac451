"""How long `featx --help` takes, beside `python -c pass`: median of 15 processes each."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
TARGET = 0.3  # seconds


def seconds(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> None:
    featx = str(Path(sys.executable).with_name("featx"))
    commands = {"featx --help": [featx, "--help"], "python -c pass": [sys.executable, "-c", "pass"]}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            times[name].append(seconds(command))
    for name, taken in times.items():
        print(f"{name}: median {statistics.median(taken):.3f} s, {min(taken):.3f}-{max(taken):.3f}")
    median = statistics.median(times["featx --help"])
    print(f"target {TARGET} s: {'met' if median <= TARGET else 'missed'}")


if __name__ == "__main__":
    main()
