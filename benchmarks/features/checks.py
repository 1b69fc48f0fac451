"""What the checks that run by themselves cost: when features are extracted, and before a fit.

    FEATX_DATA=... python -m benchmarks.features.checks --model whisper-tiny.en --files 48

Extraction from files to a finished store, in turn and in one process: (a) as it is, where every
header is looked at and every file decoded with all checks; (b) with libsndfile alone, which checks
nothing. Sounds are listened to by `manifest`, `fit`, `finetune` and `validate`, not by extraction:
how long that takes is measured by itself, the first time and once it is remembered.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import soundfile

from benchmarks.setting import describe_machine, parse, ravdess, write_checkpoint
from cache import FeatureIdentity, FeatureStore
from featx.data.checks.corpus import check_corpus
from featx.data.manifest import Manifest
from featx.features.encoders.checkpoints import find_checkpoint
from featx.features.encoders.devices import BATCH_SECONDS, find_devices
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.workers import EncoderWorkers
from featx.features.fill import fill
from featx.features.plan import plan_extraction

IDENTITY = FeatureIdentity("random", frame_step=0.02)


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
    manifest = ravdess(arguments.files)

    def extract() -> None:
        plan = plan_extraction(manifest, encoder.shape, "float16")
        folder = Path(tempfile.mkdtemp(dir=scratch))
        store = FeatureStore.prepare(folder, plan.planned, plan.layout, IDENTITY, {})
        fill(store, plan, lambda: workers, BATCH_SECONDS[device.type])
        shutil.rmtree(folder)

    taken: dict[str, list[float]] = {"with": [], "without": []}
    for run in range(arguments.runs + 1):
        for way in ("with", "without") if run % 2 else ("without", "with"):
            seconds = timed(extract) if way == "with" else timed(lambda: without_checks(extract))
            if run:  # the first warms up
                taken[way].append(seconds)
    ratios = [a / b for a, b in zip(taken["with"], taken["without"], strict=True)]
    print(f"{name}, {describe_machine(device)}: {arguments.files} files, {arguments.runs} runs")
    medians = {way: statistics.median(times) for way, times in taken.items()}
    for way, times in taken.items():
        print(f"{way:7} checks: {medians[way]:.2f} s ({min(times):.2f} to {max(times):.2f})")
    whole, paired = medians["with"] / medians["without"], statistics.median(ratios)
    print(f"with over without: {whole:.3f} of the medians, {paired:.3f} median of the runs")
    report_listening(manifest)


def without_checks(work: Callable[[], None]) -> None:
    """Do some work with audio that is read without any check."""
    with (
        patch("featx.features.plan.read_audio", read_unchecked),
        patch("featx.features.plan.count_samples", count_unchecked),
    ):
        work()


def report_listening(manifest: Manifest) -> None:
    """Print how long the checks of a corpus take, of what they hear and of what they remember."""
    heard = timed(lambda: check_corpus(manifest.utterances))
    remembered = [timed(lambda: check_corpus(manifest.utterances)) for _ in range(5)]
    print(f"listening: {heard:.2f} s, remembered: {statistics.median(remembered):.3f} s")


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
