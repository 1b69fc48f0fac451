"""What a corpus of a million utterances takes: time, memory, and silence without progress.

    python -m benchmarks.data.million
    python -m benchmarks.data.million --utterances 1000000 --kind files
    python -m benchmarks.data.million --utterances 1000000 --stages listen validate

The corpus is noise: segments of 0.3 s of long WAVs, or as many files, most of them hard links. The
encoder is a stub: random features of one frame an utterance, written all at once. Each stage runs
in a process of its own, whose peak memory counts all that it imports. The longest silence is that
between two steps of a progress bar, or between one and the stage's beginning or end. Planning is
done twice: at first every file is read, then what it holds is remembered. "listen" measures the
sounds, which "validate" and "fit" then remember; by default only a hundred thousand are. "validate"
is `featx validate` of an experiment, and "fit" a linear head in three folds.
"""

import argparse
import importlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # each stage imports what it needs, as its memory counts that
    from cache.shards.shard import Shard
    from featx.data.manifest import Manifest
    from featx.features.planning.plan import ExtractionPlan

RATE, SEGMENT = 16_000, 4_800  # samples
IN_A_FILE = 1_000  # segments of a long file
REAL = 100  # files; the others are links to them
LABELS = ("angry", "happy", "neutral", "sad")
SPEAKERS = 50
LAYERS, DIM = ("0", "1"), 32
STORE = Path("features/manifest/stub")
READS = 1_000
MOST_HEARD = 100_000  # utterances that are listened to unless it is asked for
EXPERIMENT = """
title = "A large corpus"
seeds = 1
[corpora.large]
path = "manifest.csv"
[heads.linear]
head = "linear"
features = ["logmel"]
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", nargs="+", type=int, default=[1_000_000, 100_000])
    parser.add_argument("--kind", choices=("segments", "files"), default="segments")
    some = "by default all, but of a million none that needs the sound"
    parser.add_argument("--stages", nargs="+", choices=STAGES, help=some)
    parser.add_argument("--folder", type=Path, help="where the corpus is kept for another time")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stage:
        run_here(arguments.stage)
        return
    print(
        f"{'utterances':>10}  {'stage':9}{'seconds':>9}{'of CPU':>9}{'peak GB':>9}{'silent s':>9}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        for count in arguments.utterances:
            folder = (arguments.folder or Path(scratch)) / f"{count}-{arguments.kind}"
            if not folder.exists():
                write_corpus(folder, count, arguments.kind)
            few = count <= MOST_HEARD
            for stage in arguments.stages or [s for s in STAGES if few or s not in HEARING]:
                run_apart(stage, folder, count)


def write_corpus(folder: Path, count: int, kind: str) -> None:
    """Write a manifest of so many utterances, and its audio."""
    import soundfile

    many = IN_A_FILE if kind == "segments" else 1
    noise = np.random.default_rng(0)
    (folder / "audio").mkdir(parents=True)
    for number in range(-(-count // many)):
        path = audio_path(folder, number)
        path.parent.mkdir(exist_ok=True)
        if number < REAL:
            soundfile.write(path, 0.1 * noise.standard_normal(many * SEGMENT), RATE)
        else:
            path.hardlink_to(audio_path(folder, number % REAL))
    with (folder / "manifest.csv").open("w") as file:
        file.write("utterance,path,speaker,label,session,start,end,sex,text\n")
        for number in range(count):
            path = audio_path(folder, number // many).relative_to(folder)
            step = SEGMENT / RATE
            begin = number % many * step
            times = f"{begin:.1f},{begin + step:.1f}" if kind == "segments" else ","
            speaker = number * SPEAKERS // count
            label = LABELS[noise.integers(len(LABELS))]
            row = f"{speaker % 5},{times},{'fm'[speaker % 2]},sentence {number % 997}"
            file.write(f"utterance-{number:07},{path},speaker{speaker:02},{label},{row}\n")


def audio_path(folder: Path, number: int) -> Path:
    return folder / "audio" / f"{number // 1_000:04}" / f"{number:07}.wav"


def run_apart(stage: str, folder: Path, count: int) -> None:
    """Run a stage in a process of its own, and print what it took."""
    cache = {"FEATX_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "benchmarks.data.million", "--stage", stage]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), **cache}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{stage}:\n{done.stderr[-3000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    line = f"{found['seconds']:9.1f}{found['used']:9.1f}{found['peak']:9.2f}{found['silence']:9.1f}"
    print(f"{count:10,}  {stage:9}{line}  {found['note']}", flush=True)


def run_here(stage: str) -> None:
    """Do a stage in this folder."""
    prepare, work = STAGES[stage]
    given = prepare()
    silence = Silence()
    begin, before = time.perf_counter(), time.process_time()
    with silence.watched():
        note = work(given)
    seconds, used = time.perf_counter() - begin, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    found = {
        "seconds": seconds,
        "used": used,
        "peak": peak,
        "silence": silence.longest,
        "note": note or "",
    }
    print(json.dumps(found))


class Silence:
    """The longest time between steps of progress."""

    def __init__(self) -> None:
        self.longest, self._last = 0.0, time.perf_counter()

    def step(self, *_: object) -> None:
        """Note that the user has seen something."""
        now = time.perf_counter()
        self.longest, self._last = max(self.longest, now - self._last), now

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the progress that is shown until the block ends."""
        from featx.utils import progress

        @contextmanager
        def lines(_title: str, _count: object) -> Iterator[Callable[[float], None]]:
            self.step()
            yield self.step
            self.step()

        progress._lines = lines  # type: ignore[assignment]
        self._last = time.perf_counter()
        yield
        self.step()


def imports(module: str) -> Callable[[], None]:
    """Return what imports a module, of which the stage's memory counts, and not its time."""

    def prepare() -> None:
        importlib.import_module(module)

    return prepare


def loaded() -> "Manifest":
    from featx.data.manifest import load_manifest

    importlib.import_module("featx.fitting.run")
    return load_manifest("manifest.csv")


def planned() -> "ExtractionPlan":
    return plan_of(loaded())


def load(_: None) -> None:
    from featx.data.manifest import load_manifest

    load_manifest("manifest.csv")


def plan(manifest: "Manifest") -> str:
    return f"{len(plan_of(manifest).planned):,} planned"


def plan_of(manifest: "Manifest") -> "ExtractionPlan":
    from featx.features.planning.plan import plan_extraction

    return plan_extraction(manifest, Stub(), "float16")


class Stub:
    """The shape of an encoder that gives one frame an utterance."""

    layers, dim, hop = LAYERS, DIM, SEGMENT

    def frames(self, samples: int) -> int:
        """Return the number of frames."""
        return 1


def dry_run(_: None) -> str:
    import featx

    return featx.extract("wav2vec2-base", dry_run=True).plan.describe()


def store(made: "ExtractionPlan") -> str:
    from cache import FeatureIdentity, prepare_store

    identity = FeatureIdentity("stub", frame_step=0)
    shutil.rmtree(STORE, ignore_errors=True)
    begin = time.perf_counter()
    prepared = prepare_store(STORE, made.planned, made.layout, identity, {}, 1 << 24)
    seconds = time.perf_counter() - begin
    labels = {u.utterance: LABELS.index(u.label) for u in made.utterances}
    sources = {seen.utterance: seen.source for seen in made.planned}
    for shard in prepared._shards:
        write_whole(shard, labels, sources)
    return f"prepared in {seconds:.1f} s"


def write_whole(shard: "Shard", labels: dict[str, int], sources: dict[str, int]) -> None:
    """Write all features of a shard, and all marks, as `FeatureStore.write` does one by one."""
    from cache.shards.marks import MARKS, checksums_of
    from cache.shards.positions import write_at

    random = np.random.default_rng(0)
    centres = 0.2 * np.random.default_rng(1).standard_normal((len(LAYERS), len(LABELS), DIM))
    own = np.array([labels[name] for name in shard.utterances])
    features = random.standard_normal((len(LAYERS), len(own), DIM), np.float32) + centres[:, own]
    features = features.astype(np.float16)
    shard.source[:] = [sources[name] for name in shard.utterances]
    for index in range(len(own)):
        shard.checksum[index] = checksums_of(features[:, index : index + 1])
    shard.done[:] = [shard._done_mark(index) for index in range(len(own))]
    with shard.path.open("r+b", buffering=0) as file:
        write_at(file, shard._regions["features"][0], features)
        for name in MARKS:
            write_at(file, shard._regions[name][0], getattr(shard, name))


def open_store(_: None) -> str:
    from cache import FeatureStore

    begin = time.perf_counter()
    opened = FeatureStore(STORE)
    seconds = time.perf_counter() - begin
    names = opened.utterances
    chosen = np.random.default_rng(1).integers(len(names), size=READS).tolist()
    taken = []
    for number in chosen:
        begin = time.perf_counter()
        opened.read(names[number]).sum()
        taken.append(time.perf_counter() - begin)
    milliseconds = 1e3 * np.percentile(taken, [50, 99, 100])
    shown = ", ".join(f"{value:.3f}" for value in milliseconds)
    return f"opened in {seconds:.2f} s; a random utterance read in {shown} ms (median, 99 %, most)"


def listen(manifest: "Manifest") -> str:
    from featx.data.sounds.measure import measure_sounds

    return f"{len(measure_sounds(manifest.utterances).sounds):,} measured"


def validate(_: None) -> str:
    from featx.experiments.checking.validate import validate as inspect

    Path("experiment.toml").write_text(EXPERIMENT)
    findings = inspect("experiment.toml").findings
    return f"{len(findings.errors)} errors, {len(findings) - len(findings.errors)} warnings"


def fit(_: None) -> str:
    import featx

    run = featx.fit("linear", "stub", folds=3, overwrite=True)
    return run.results.to_text().splitlines()[0]


# what is done before the clock starts, and the stage itself, which is given what that returns
STAGES: dict[str, tuple[Callable[[], object], Callable[..., str | None]]] = {
    "load": (imports("featx.data.manifest"), load),
    "plan": (loaded, plan),
    "again": (loaded, plan),
    "dry-run": (imports("featx.features.extract"), dry_run),
    "store": (planned, store),
    "open": (imports("featx.data.manifest"), open_store),
    "listen": (loaded, listen),
    "validate": (imports("featx.experiments.checking.validate"), validate),
    "fit": (imports("featx.fitting.run"), fit),
}
HEARING = ("listen", "validate", "fit")

if __name__ == "__main__":
    main()
