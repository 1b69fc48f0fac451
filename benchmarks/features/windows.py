"""Whisper in short windows against those of 30 s that it was trained with.

    FEATX_DATA=... python -m benchmarks.features.windows --model whisper-tiny.en --files 96

Same files, same weights, same machine, in turn and in one process, from files to a finished store.
Loading the model is not timed. Seconds of the processor are the sum over its cores: on a machine
with other work they say more than the clock does.
"""

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.features.ways import Ours
from benchmarks.setting import describe_machine, parse, ravdess
from featx.features.choices import Window
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.devices import find_devices
from featx.features.encoders.encoder import Encoder
from featx.features.planning.plan import plan_extraction

WINDOWS: tuple[Window, ...] = ("30", "short")


def main() -> None:
    parser = parse(__doc__)
    parser.add_argument("--model", default="whisper-tiny.en", help="a Whisper that is here")
    parser.add_argument("--precision", default="float32")
    arguments = parser.parse_args()
    (device,) = find_devices(arguments.device)
    checkpoint, manifest = find_checkpoint(arguments.model), ravdess(arguments.files)
    ways: dict[Window, Ours] = {}
    for window in WINDOWS:
        encoder = Encoder(checkpoint, window=window)
        plan = plan_extraction(manifest, encoder.shape, "float16")
        ways[window] = Ours(encoder, plan, (device,), arguments.precision)
    print(
        f"{arguments.model}, {arguments.precision}, {describe_machine(device)}: "
        f"{len(plan.planned)} files, {plan.seconds:.0f} s of audio; medians of {arguments.runs}"
    )
    for name, taken in zip(("clock", "processor"), measure(ways, arguments.runs), strict=True):
        for window, seconds in taken.items():
            print(
                f"--window {window:5} {statistics.median(seconds):6.2f} s of the {name} "
                f"({min(seconds):.2f} to {max(seconds):.2f})"
            )
        ratio = statistics.median(taken["30"]) / statistics.median(taken["short"])
        print(f"short windows are {ratio:.2f} times as fast by the {name}")


def measure(
    ways: dict[Window, Ours], runs: int
) -> tuple[dict[Window, list[float]], dict[Window, list[float]]]:
    """Run both ways in turn; return the seconds of each run by the clock, and the processor's."""
    clock: dict[Window, list[float]] = {window: [] for window in ways}
    processor: dict[Window, list[float]] = {window: [] for window in ways}
    for run in range(runs + 1):
        for window, way in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                begin, worked = time.perf_counter(), time.process_time()
                way.to_store(Path(folder))
                if run:  # the first warms up
                    clock[window].append(time.perf_counter() - begin)
                    processor[window].append(time.process_time() - worked)
    return clock, processor


if __name__ == "__main__":
    main()
