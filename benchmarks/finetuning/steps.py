"""Seconds and memory of a batch of `featx finetune`, for each mode, with trained weights.

    FEATX_DATA=... python -m benchmarks.finetuning.steps --encoder whisper-tiny.en

A batch of utterances from all over RAVDESS is read, goes forward and backward, and AdamW steps.
Each mode has a process of its own, whose peak memory is shown, libraries included. On a machine
that is shared, the processor time of the process says more than the time that passes.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

from benchmarks.finetuning.order import Learner
from benchmarks.finetuning.setting import SHIPPED, Bench
from benchmarks.setting import describe_machine, ravdess, versions
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.devices import find_devices
from featx.utils.machine import peak_memory

MODES = ("full", "partial", "frozen")


def measure(options: argparse.Namespace) -> None:
    """Print what is measured of a mode in this process, as JSON."""
    changes = {"precision": options.precision, "batch_size": options.batch, "accumulation": 1}
    settings = SHIPPED.training.model_copy(update=changes)
    (device,) = find_devices(options.device)
    folder = find_checkpoint(options.encoder).folder
    bench = Bench(folder, options.child, settings, options.rounds, device)
    learner = Learner(bench, bench.waveforms(ravdess(options.batch).utterances))
    passed, used = [], []
    for number in range(options.rounds + 1):
        begin = time.process_time()
        seconds = learner.learn(range(options.batch)) + learner.update()
        if number:  # the first allocates
            passed.append(seconds)
            used.append(time.process_time() - begin)
    held, on_gpu = peak_memory(device)
    print(json.dumps({"passed": passed, "used": used, "peak": on_gpu or held}))


def described(seconds: list[float]) -> str:
    """Return a median with its range."""
    return f"{statistics.median(seconds):5.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="whisper-tiny.en")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--child", choices=MODES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        measure(options)
        return
    (device,) = find_devices(options.device)
    print(
        f"{options.encoder}, the same batch of {options.batch} each time, {options.precision}, "
        f"{describe_machine(device)}, {versions()}",
        flush=True,
    )
    for mode in MODES:
        command = [sys.executable, "-m", "benchmarks.finetuning.steps", *sys.argv[1:]]
        done = subprocess.run([*command, "--child", mode], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        seen = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{mode:8} {described(seen['passed'])}, of processors {described(seen['used'])}, "
            f"{seen['peak'] / 1e9:.2f} GB",
            flush=True,
        )


if __name__ == "__main__":
    main()
