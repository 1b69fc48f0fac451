"""Peak memory of `featx extract` on 20 minutes of audio and on 2 hours.

    FEATX_DATA=... python -m benchmarks.features.memory --size base --precision bfloat16

Each runs as a process of its own, on RAVDESS speech (some of it twice) and random weights.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.setting import SIZES, ravdess, write_checkpoint
from featx.data.audio import duration
from featx.data.manifest import save_manifest

MINUTES = (20, 120)


def peak_memory(command: list[str]) -> float:
    """Run a command; return the most memory it held, in GB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_maxrss * 1024 / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="base")
    parser.add_argument("--precision", default="bfloat16")
    parser.add_argument("--device", default="auto")
    arguments = parser.parse_args()
    every = ravdess(4000)
    peaks = []
    with tempfile.TemporaryDirectory() as scratch:
        model = write_checkpoint(arguments.size, Path(scratch) / "model")
        for minutes in MINUTES:
            chosen, seconds = [], 0.0
            for utterance in every.utterances:
                if seconds < minutes * 60:
                    chosen.append(utterance)
                    seconds += duration(utterance.path)
            manifest = Path(scratch) / f"{minutes}.csv"
            save_manifest(manifest, chosen)
            command = [sys.executable, "-m", "featx", "extract", "--model", str(model)]
            command += ["--manifest", str(manifest), "--out", str(Path(scratch) / f"{minutes}")]
            command += ["--precision", arguments.precision, "--device", arguments.device]
            peaks.append(peak_memory(command))
            print(f"{minutes:4} min, {len(chosen):,} files: {peaks[-1]:.3f} GB", flush=True)
    print(f"ratio {peaks[1] / peaks[0]:.3f}")


if __name__ == "__main__":
    main()
