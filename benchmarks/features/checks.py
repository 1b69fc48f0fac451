"""What the checks that run by themselves cost: when features are extracted, and before a fit.

    FEATX_DATA=... python -m benchmarks.features.checks --model whisper-tiny.en --files 48

Extraction from files to a finished store, in turn and in one process: (a) as it is, where every
file is decoded with all checks; (b) with libsndfile alone, which checks
nothing. Sounds are listened to by `manifest`, `fit`, `finetune` and `validate`, not by extraction:
how long that takes is measured by itself, the first time and once it is remembered. So are headers:
after the first run both ways have them from what is remembered.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import soundfile

from benchmarks.features.ways import IDENTITY, write_store
from benchmarks.setting import describe_machine, parse, ravdess, write_checkpoint
from featx.data.audio import count_samples, read_audio
from featx.data.checks.corpus import check_corpus
from featx.data.manifest import Manifest
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.devices import BATCH_SECONDS, find_devices
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.workers import EncoderWorkers
from featx.features.planning.plan import plan_extraction
from featx.features.writing.work import Work
from featx.utils.progress import hidden_progress


def read_unchecked(path: Path, *_: object) -> np.ndarray:
    """Decode a whole file of 16 kHz in one channel."""
    samples: np.ndarray = soundfile.read(path, dtype="float32")[0]
    return samples


def count_unchecked(path: Path, *_: object) -> int:
    return int(soundfile.info(path).frames)


def main() -> None:
    parser = parse(__doc__)
    parser.add_argument("--model", help="instead of --size: an encoder whose weights are here")
    parser.add_argument("--precision", default="float32")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["FEATX_CACHE"] = str(Path(scratch, "cache"))
        compare(arguments, Path(scratch))


def compare(arguments: argparse.Namespace, scratch: Path) -> None:
    (device,) = find_devices(arguments.device)
    name = arguments.model or str(write_checkpoint(arguments.size, scratch / "model"))
    encoder = Encoder(find_checkpoint(name))
    workers = EncoderWorkers(encoder, (device,), arguments.precision)
    work = Work(IDENTITY, {}, lambda: workers, BATCH_SECONDS[device.type])
    manifest = ravdess(arguments.files)

    def extract() -> None:
        plan = plan_extraction(manifest, encoder.shape, "float16")
        folder = Path(tempfile.mkdtemp(dir=scratch))
        write_store(plan, work, folder)
        shutil.rmtree(folder)

    taken: dict[str, list[Cost]] = {"with": [], "without": []}
    for run in range(arguments.runs + 1):
        for way in ("with", "without") if run % 2 else ("without", "with"):
            cost = measure(extract if way == "with" else lambda: without_checks(extract))
            if run:  # the first warms up
                taken[way].append(cost)
    print(f"{name}, {describe_machine(device)}: {arguments.files} files, {arguments.runs} runs")
    for kind in Cost._fields:
        with_, without = ([getattr(cost, kind) for cost in costs] for costs in taken.values())
        ratio = statistics.median(with_) / statistics.median(without)
        paired = statistics.median(a / b for a, b in zip(with_, without, strict=True))
        print(
            f"{kind} seconds: {statistics.median(with_):.2f} ({min(with_):.2f} to {max(with_):.2f})"
            f" with checks, {statistics.median(without):.2f} ({min(without):.2f} to "
            f"{max(without):.2f}) without; ratio {ratio:.3f} of medians, {paired:.3f} of runs"
        )
    usual = statistics.median(cost.processor for cost in taken["without"])
    report_reading(manifest, usual)
    report_listening(manifest)


class Cost(NamedTuple):
    """What some work took, by the clock and of processors; others' work disturbs the first most."""

    clock: float
    processor: float


def measure(work: Callable[[], object]) -> Cost:
    clock, processor = time.perf_counter(), time.process_time()
    with hidden_progress():
        work()
    return Cost(time.perf_counter() - clock, time.process_time() - processor)


def report_reading(manifest: Manifest, extraction: float) -> None:
    """Print what the checks of reading alone cost, as a share of the extraction's seconds."""
    paths = [utterance.path for utterance in manifest.utterances]
    costs = []
    for _ in range(20):
        checked = measure(lambda: [(count_samples(path), read_audio(path)) for path in paths])
        plain = measure(lambda: [(count_unchecked(path), read_unchecked(path)) for path in paths])
        costs.append(checked.processor - plain.processor)
    cost = statistics.median(costs)
    print(
        f"checks of reading: {1e3 * cost / len(paths):.3f} ms a file, "
        f"{cost / extraction:.2%} of extraction"
    )


def without_checks(work: Callable[[], None]) -> None:
    """Do some work with audio that is read without any check."""
    with patch("featx.features.planning.plan.read_audio", read_unchecked):
        work()


def report_listening(manifest: Manifest) -> None:
    """Print how long the checks of a corpus take, of what they hear and of what they remember."""
    heard = measure(lambda: check_corpus(manifest.utterances))
    again = [measure(lambda: check_corpus(manifest.utterances)).clock for _ in range(5)]
    print(f"listening: {heard.clock:.2f} s, remembered: {statistics.median(again):.3f} s")


if __name__ == "__main__":
    main()
