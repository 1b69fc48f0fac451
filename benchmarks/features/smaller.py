"""Smaller stores against the one with every frame in float32: bytes, speed and what heads reach.

    python -m benchmarks.features.smaller --manifest manifest.csv --folder work

A manifest with speakers, such as RAVDESS's speech, goes through the encoder once, into a store of
all frames in float32. The others are made from its features by the functions that extraction
applies, and written by the same store: that this gives what `featx.extract` would have stored, bit
by bit, is checked on the first utterances. Writing is from features in memory to a file on the
disk. Reading is of all layers of all utterances, as whole-frame heads do in each epoch: first from
the disk, then from the system's memory. Linear and dense heads as shipped are fitted on six folds
of speakers; the clock counts everything from opening the store. What is in the folder already is
not measured again.
"""

import argparse
import json
import math
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import featx
from benchmarks.setting import describe_machine
from cache import FeatureStore, Layout, PlannedUtterance, prepare_store
from featx.data.manifest import Manifest, load_manifest
from featx.features.planning.reduction import Reduction
from featx.fitting.inputs.selection import select
from featx.utils.parallel import map_ahead

Figures = dict[str, dict[str, dict[str, Any]]]  # by way and stage


@dataclass(frozen=True)
class Way:
    """A way to store features.

    Attributes:
        options: those of `featx.extract`.
    """

    options: dict[str, Any]

    @property
    def reduction(self) -> Reduction | None:
        """What becomes of frames, of which the encoder has 50 a second."""
        if pool := self.options.get("pool"):
            return Reduction(pool)
        frames = self.options.get("frames")
        return Reduction(None, 50 // frames) if frames else None


WAYS = {
    "float32": Way({"dtype": "float32"}),
    "float16": Way({"dtype": "float16"}),
    "int8": Way({"dtype": "int8"}),
    "float32, compressed": Way({"dtype": "float32", "compress": True}),
    "float16, compressed": Way({"dtype": "float16", "compress": True}),
    "int8, compressed": Way({"dtype": "int8", "compress": True}),
    "10 frames, float16": Way({"frames": 10, "dtype": "float16"}),
    "10 frames, int8": Way({"frames": 10, "dtype": "int8"}),
    "mean and deviation, float32": Way({"pool": "mean+deviation"}),
    "mean and deviation, float16": Way({"pool": "mean+deviation", "dtype": "float16"}),
    "mean, float32": Way({"pool": "mean"}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="utterances with speakers")
    parser.add_argument("--folder", type=Path, required=True, help="where stores and runs go")
    parser.add_argument("--model", default="whisper-tiny.en", help="an encoder that is here")
    parser.add_argument("--checked", type=int, default=96, help="extracted in every way")
    arguments = parser.parse_args()
    manifest = load_manifest(arguments.manifest.resolve())
    arguments.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(arguments.folder)
    whole = featx.extract(arguments.model, manifest, dtype="float32", out="stores/float32").store
    print(f"{describe_machine(torch.device('cpu'))}: {len(manifest.utterances)} utterances")
    figures: Figures = {}
    for stage, measure in STAGES.items():
        for name, way in WAYS.items():
            path = Path("figures", f"{name}, {stage}.json")
            if not path.exists():
                found = measure(whole, name, way, manifest)
                path.parent.mkdir(exist_ok=True)
                path.write_text(json.dumps(found))
                print(f"{name}, {stage}: {found}", flush=True)
            figures.setdefault(name, {})[stage] = json.loads(path.read_text())
    print_table(figures)
    check(arguments.model, manifest, arguments.checked)


def check(model: str, manifest: Manifest, count: int) -> None:
    """Check that stores made from one of all frames in float32 are what extraction stores."""
    few = replace(manifest, utterances=manifest.utterances[:count])
    whole = featx.extract(model, few, dtype="float32", out="checked/float32").store
    for name, way in WAYS.items():
        direct = featx.extract(model, few, out=f"checked/{name}", **way.options).store
        with tempfile.TemporaryDirectory() as folder:
            derived = derive(whole, Path(folder), way)
            for utterance in direct.utterances:
                np.testing.assert_array_equal(derived.read(utterance), direct.read(utterance))
                assert derived.checksum(utterance) == direct.checksum(utterance)
        assert (direct.layout, direct.identity) == (derived.layout, derived.identity)
    print(f"On {len(few.utterances)} utterances, all ways store what extraction stores.")


def derive(whole: FeatureStore, folder: Path, way: Way) -> FeatureStore:
    """Write features in a way, from those of all frames in float32."""
    store, apply = prepare(whole, folder, way)
    for utterance in whole.utterances:
        store.write(utterance, apply(whole.read(utterance)), whole.source(utterance))
    if way.options.get("compress"):
        store.compress(whole.utterances)
    return store


def prepare(
    whole: FeatureStore, folder: Path, way: Way
) -> tuple[FeatureStore, Callable[[np.ndarray], np.ndarray]]:
    """Return an empty store for a way, and what makes its features of all frames."""
    reduction, layout = way.reduction, whole.layout
    apply = reduction.apply if reduction else np.asarray
    wide = 2 if way.options.get("pool") == "mean+deviation" else 1
    plan = [
        PlannedUtterance(
            name,
            whole.samples(name),
            apply(np.zeros((1, whole.frames(name), 1), np.float32)).shape[1],
            whole.source(name),
        )
        for name in whole.utterances
    ]
    kind = way.options.get("dtype", "float32")
    made = prepare_store(
        folder,
        plan,
        Layout(layout.layers, layout.dim * wide, kind),
        reduction.identify(whole.identity) if reduction else whole.identity,
        whole.software,
    )
    return made, apply


def measure_store(whole: FeatureStore, name: str, way: Way, manifest: Manifest) -> dict[str, float]:
    """Write a store and read it; return its MB, and the seconds of both."""
    folder = Path("stores", name)
    if name == "float32":  # which is there
        with tempfile.TemporaryDirectory(dir=".") as other:
            writing = time_writing(whole, Path(other), way)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        writing = time_writing(whole, folder, way)
    size = sum(path.stat().st_size for path in folder.glob("*.h5"))
    forget_files(folder)
    return {
        "MB": size / 1e6,
        "writing": writing,
        "first": read_all(folder),
        "again": read_all(folder),
    }


def measure_head(
    head: str, whole: FeatureStore, name: str, way: Way, manifest: Manifest
) -> dict[str, float | None]:
    """Fit a head; return its UAR, the interval, and the seconds, unless it was begun before."""
    begun, begin = Path("runs", f"{name}-{head}").exists(), time.perf_counter()
    run = featx.fit(
        head, manifest=manifest, features=Path("stores", name), folds=6, name=f"{name}-{head}"
    )
    seconds = None if begun else time.perf_counter() - begin
    score = run.results.scores["uar"]
    return {"uar": score.mean, "low": score.low, "high": score.high, "seconds": seconds}


STAGES: dict[str, Callable[..., dict[str, Any]]] = {
    "store": measure_store,
    "linear": partial(measure_head, "linear"),
    "dense": partial(measure_head, "dense"),
}


def time_writing(whole: FeatureStore, folder: Path, way: Way) -> float:
    """Return the seconds that it takes to write features that are in memory already."""
    store, apply = prepare(whole, folder, way)
    spent = 0.0
    for utterance in whole.utterances:
        features = apply(whole.read(utterance).copy())
        begin = time.perf_counter()
        store.write(utterance, features, whole.source(utterance))
        spent += time.perf_counter() - begin
    begin = time.perf_counter()
    store.flush()
    if way.options.get("compress"):
        store.compress(whole.utterances)
    return spent + time.perf_counter() - begin


def forget_files(folder: Path) -> None:
    """Have the system let go of what it keeps of files in memory."""
    for path in folder.glob("*.h5"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_all(folder: Path) -> float:
    """Return the seconds that it takes to read all features, on all cores."""
    begin = time.perf_counter()
    store = FeatureStore(folder)
    selection = select(store, "all", math.inf, torch.device("cpu"))

    def read(name: str) -> int:
        selection.expect(name)
        return zlib.crc32(selection.read(name).numpy().tobytes())

    for _ in map_ahead(read, store.utterances, os.cpu_count() or 1):
        pass
    return time.perf_counter() - begin


def print_table(figures: Figures) -> None:
    """Print what `docs/smaller-stores.md` has."""
    largest = figures["float32"]["store"]["MB"]
    print(
        "| store | MB | of float32 | writing, s | reading, s | again, s | linear: UAR, % | s "
        "| dense: UAR, % | s |"
    )
    print("| --- " * 10 + "|")
    for name, own in figures.items():
        store = own["store"]
        cells = [
            name,
            f"{store['MB']:,.1f}",
            f"{100 * store['MB'] / largest:.1f} %",
            *(f"{store[key]:.1f}" for key in ("writing", "first", "again")),
        ]
        for found in (own["linear"], own["dense"]):
            seconds = found["seconds"]
            cells.append(f"{found['uar']:.1f} ({found['low']:.1f} to {found['high']:.1f})")
            cells.append(f"{seconds:.0f}" if seconds else "")
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
