"""Time the check of checksums against the first epoch of a fit, in one process and in turn.

A store of the size of RAVDESS with all 13 layers of wav2vec2-base (random halves, `--files` of
its utterances). Timed is what a fit does to the end of its first epoch: it measures the features'
moments and trains the dense head once over all. "Checked" holds all features against their
checksums on the way; "known to be whole" remembers that they are. For "cold" the system's memory
of the files is emptied before.

    FEATX_DATA=... python -m benchmarks.features.verified --folder BIG_ENOUGH
"""

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import torch

from benchmarks.fitting.fit import CLASSES, CPU, LAYERS, Ours, drop_cache, timed, write_store
from benchmarks.setting import describe_machine, ravdess
from cache import FeatureStore
from classifiers.batch import Branch, Examples
from classifiers.cores import use_one_core
from classifiers.statistics import Statistics
from featx.features.encoders.shape import EncoderShape
from featx.features.stores import verified
from featx.fitting.inputs.moments import find_moments
from featx.fitting.inputs.selection import Selection, Stored, select


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="for 5 GB of features")
    parser.add_argument("--files", type=int, default=1440)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    threads = torch.get_num_threads()
    print(describe_machine(CPU))
    use_one_core()
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    os.environ["FEATX_CACHE"] = str(folder / "cache")  # nothing is known, and the user's stays
    try:
        samples = [soundfile.info(u.path).frames for u in ravdess(options.files).utterances]
        frames = [EncoderShape(LAYERS - 1, 768).frames(count) for count in samples]
        store = write_store(folder / "store", frames)
        compare(store, options.runs, threads)
    finally:
        shutil.rmtree(folder)


def compare(store: FeatureStore, runs: int, threads: int) -> None:
    selection = select(store, "all", float("inf"), CPU)
    fit = first_epoch(selection, threads)
    fit()  # compiles the kernels, and finds all whole
    rows: dict[str, list[float]] = {}
    for _ in range(runs):
        for name, before in (("warm", lambda: None), ("cold", lambda: drop_cache(store.folder))):
            before()
            rows.setdefault(f"known to be whole, {name}", []).append(timed(fit))
            forget()
            before()
            rows.setdefault(f"checked, {name}", []).append(timed(fit))
    for name, taken in rows.items():
        print(f"{name:24} {statistics.median(taken):6.2f} s")
    for name in ("warm", "cold"):
        pairs = zip(rows[f"checked, {name}"], rows[f"known to be whole, {name}"], strict=True)
        shares = [100 * (checked / known - 1) for checked, known in pairs]
        print(f"cost of checking, {name}: {statistics.median(shares):.1f} % of the first epoch")


def forget() -> None:
    """Let all be checked as if it had never been done."""
    shutil.rmtree(verified.cache_folder() / "whole", ignore_errors=True)


def first_epoch(selection: Selection, threads: int) -> Callable[[], None]:
    """Return what measures the moments anew and trains for an epoch."""
    store = selection.store
    assert isinstance(store, FeatureStore)
    labels = np.arange(len(store.utterances)) % CLASSES
    shape = (1, LAYERS, store.layout.dim)
    unchanged = Statistics(torch.zeros(shape), torch.ones(shape))
    branch = Branch(Stored(selection, store.utterances, keep=True), unchanged)
    head = Ours(Examples([branch], labels), threads)

    def run() -> None:
        shutil.rmtree(store.folder / "statistics", ignore_errors=True)
        find_moments(selection, store.utterances, keep=True)
        head()

    return run


if __name__ == "__main__":
    main()
