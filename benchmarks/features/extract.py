"""Every layer of real speech to disk: featx against the ways it is usually done.

    FEATX_DATA=... python -m benchmarks.features.extract --size base --files 48
    FEATX_DATA=... python -m benchmarks.features.extract --model whisper-tiny.en --files 48

Same files, same weights (random ones of a size, or those of a model), same machine, in turn and
in one process: (a) one file at a time in float32, all hidden states to one .npy a file, of Whisper
those of the utterance's frames; (b) the same to gzip-compressed HDF5, one dataset a file; (c)
padded batches of 8 without a mask, as often seen, whose features are wrong for group-norm models;
(d) featx in each precision, from files to a finished store. Loading the model is not timed. Beside
them two floors: the model's arithmetic at the rate that matrix products reach here, measured in
every round as the machine's speed varies, and the features' bytes at the rate that a file takes
them.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from benchmarks.features.ways import Ours, Peers
from benchmarks.setting import (
    arithmetic,
    describe_machine,
    gemm_rate,
    memory,
    parse,
    ravdess,
    reset_peak,
    whisper_arithmetic,
    write_checkpoint,
    write_rate,
)
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.devices import find_devices
from featx.features.encoders.encoder import Encoder
from featx.features.planning.plan import plan_extraction


def measure(
    ways: dict[str, Callable[[Path], None]],
    rates: dict[str, Callable[[], float]],
    runs: int,
    scratch: Path,
) -> tuple[dict[str, list[float]], dict[str, float], dict[str, float]]:
    """Run every way in turn, again and again.

    Returns:
        The seconds of each run, the memory each way took at most, in GB, and the median of each
        rate, measured once a round.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    peaks: dict[str, float] = dict.fromkeys(ways, 0.0)
    seen: dict[str, list[float]] = {name: [] for name in rates}
    for run in range(runs + 1):
        for name, way in ways.items():
            folder = Path(tempfile.mkdtemp(dir=scratch))
            reset_peak()
            before = memory("VmRSS")
            begin = time.perf_counter()
            way(folder)
            seconds = time.perf_counter() - begin
            peaks[name] = max(peaks[name], memory("VmHWM") - before)
            if run:  # the first warms up
                taken[name].append(seconds)
            shutil.rmtree(folder)
        for name, rate in rates.items():
            seen[name].append(rate())
    return taken, peaks, {name: statistics.median(values) for name, values in seen.items()}


def main() -> None:
    parser = parse(__doc__)
    parser.add_argument("--model", help="instead of --size: an encoder whose weights are here")
    parser.add_argument("--precisions", default="float32,bfloat16")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        compare(arguments, Path(scratch))


def compare(arguments: argparse.Namespace, scratch: Path) -> None:
    (device,) = find_devices(arguments.device)
    name = arguments.model or str(write_checkpoint(arguments.size, scratch / "model"))
    checkpoint = find_checkpoint(name)
    encoder = Encoder(checkpoint)
    manifest = ravdess(arguments.files)
    plan = plan_extraction(manifest, encoder.shape, "float16")
    peers = Peers(checkpoint.folder, manifest, device)
    ways: dict[str, Callable[[Path], None]] = {
        "(a) one file at a time, .npy": peers.to_npy,
        "(b) the same, gzip HDF5": peers.to_hdf5,
        "(c) padded batches of 8, .npy": peers.padded,
    }
    precisions = arguments.precisions.split(",")
    for precision in precisions:
        ways[f"(d) featx, {precision}"] = Ours(encoder, plan, (device,), precision).to_store
    rates: dict[str, Callable[[], float]] = {
        precision: partial(gemm_rate, getattr(torch, precision), device) for precision in precisions
    }
    taken, peaks, rate = measure(ways, rates, arguments.runs, scratch)

    config = peers.model.config
    frames = [planned.frames for planned in plan.planned]
    count = whisper_arithmetic if config.model_type == "whisper" else arithmetic
    operations = count(config, frames, config.num_hidden_layers)
    writing = plan.nbytes / write_rate(scratch)
    print(
        f"{arguments.model or arguments.size}, {describe_machine(device)}: "
        f"{len(plan.planned)} files, {plan.seconds:.0f} s of audio, "
        f"{operations / plan.seconds / 1e9:.1f} GFLOP and "
        f"{plan.nbytes / plan.seconds / 1e6:.2f} MB a second of audio; medians of {arguments.runs}"
    )
    floors = {}
    for precision in precisions:
        computing = operations / rate[precision]
        floors[f"(d) featx, {precision}"] = max(computing, writing)
        print(
            f"floors, {precision}: arithmetic {computing:.2f} s at {rate[precision] / 1e9:,.0f} "
            f"GFLOP/s, bytes {writing:.2f} s at {plan.nbytes / writing / 1e9:.1f} GB/s"
        )
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    first = next(iter(medians.values()))
    for name, seconds in medians.items():
        over = f", {seconds / floors[name]:.2f} × the larger floor" if name in floors else ""
        print(
            f"{name:30} {plan.seconds / seconds:7.1f} s of audio/s ({min(taken[name]):.2f} to "
            f"{max(taken[name]):.2f} s), {first / seconds:5.2f} × (a), "
            f"{peaks[name]:.2f} GB beside the model{over}"
        )


if __name__ == "__main__":
    main()
