"""What an utterance costs as a corpus grows: RAVDESS once, 4 times and 16 times under new names.

    FEATX_DATA=... python -m benchmarks.scale
    FEATX_DATA=... python -m benchmarks.scale --files 360 --times 1 4 --whisper

Each copy is RAVDESS's audio with a single bit of each file changed, so that no file is there
twice, spoken by speakers of other names; heads are fitted with `keep_duplicates`, and what a fit
finds of copies grows with their pairs. The encoder is tiny and has random weights, so that what
featx does itself shows; `--whisper` extracts with Whisper tiny.en too, of the corpus as it is.
Stages are calls of the public API, each in a process of its own: the processor's time, and the
most memory beyond that which the process held when all was imported. What grows in proportion has
the same time an utterance in each column, or less, as what is fixed spreads. From the slope between
the two largest corpora follows, on paper, what 1,000 and 100,000 hours would take of the processor.
The memory of so much does not follow: small corpora show what is fixed, and features that are
mapped. `benchmarks/data/million.py` measures it on a million utterances.
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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

HOME = Path(__file__).parents[1]
HOURS = (1_000, 100_000)
EMOTIONS = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"]
TINY: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "conv_dim": (8,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
STORE = "features/manifest/tiny"


class Taken(NamedTuple):
    """What a stage took: seconds, the processor's seconds, and GB beyond those of imports."""

    passed: float
    used: float
    memory: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1440, help="of RAVDESS speech")
    parser.add_argument("--times", nargs="+", type=int, default=[1, 4, 16])
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--whisper", action="store_true", help="extract with whisper-tiny.en too")
    parser.add_argument("--scratch", type=Path, help="where corpora are written, and removed again")
    parser.add_argument("--out", type=Path, help="a JSON file for all figures")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stage:
        run_here(options.stage)
        return
    found: dict[str, dict[str, Taken]] = {}
    counts, seconds = [], 0.0
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        write_encoder(Path(scratch))
        for times in options.times:
            folder = Path(scratch, str(times))
            seconds += write_corpus(folder, options.files, times)
            counts.append(options.files * times)
            (folder / "tiny").symlink_to(Path(scratch, "tiny"))
            extra = ["whisper"] if options.whisper and times == options.times[0] else []
            for stage in [*options.stages, *extra]:
                found.setdefault(stage, {})[str(counts[-1])] = run_apart(stage, folder)
            shutil.rmtree(folder)
    if options.out:
        options.out.write_text(json.dumps(found, indent=1))
    report(found, counts, seconds / sum(counts))


def write_encoder(folder: Path) -> None:
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

    torch.manual_seed(0)
    Wav2Vec2Model(Wav2Vec2Config(**TINY)).save_pretrained(folder / "tiny")
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder / "tiny")


def write_corpus(folder: Path, files: int, times: int) -> float:
    """Write audio and a table of it; return its seconds."""
    import soundfile

    from benchmarks.setting import ravdess

    rows, seconds = ["file,speaker,emotion"], 0.0
    for utterance in ravdess(files).utterances:
        samples, rate = soundfile.read(utterance.path, dtype="int16")
        for copy in range(times):
            changed = samples.copy()
            changed[copy] ^= 1
            path = folder / "audio" / f"{utterance.speaker}-{copy}" / f"{utterance.path.stem}.flac"
            path = path.with_stem(f"{path.stem}-{copy}")
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, changed, rate)
            emotion = EMOTIONS[int(utterance.label) - 1]
            rows.append(f"{path.relative_to(folder)},{path.parent.name},{emotion}")
        seconds += times * len(samples) / rate
    (folder / "table.csv").write_text("\n".join(rows) + "\n")
    return seconds


def run_apart(stage: str, folder: Path) -> Taken:
    """Run a stage in a process of its own."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HOME), os.environ.get("PYTHONPATH", "")]),
        "FEATX_CACHE": str(folder / "cache"),
    }
    command = [sys.executable, "-m", "benchmarks.scale", "--stage", stage]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{stage}:\n{done.stderr[-3000:]}")
    taken = Taken(*json.loads(done.stdout.splitlines()[-1]))
    print(f"{folder.name} × {stage}: {taken.used:.1f} s of the processor", file=sys.stderr)
    return taken


def run_here(stage: str) -> None:
    """Do a stage in this folder, once everything that it needs is imported."""
    modules, work = STAGES.get(stage) or WHISPER
    for module in modules:
        importlib.import_module(module)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin, before = time.perf_counter(), time.process_time()
    work()
    taken = Taken(
        time.perf_counter() - begin,
        time.process_time() - before,
        (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) * 1024 / 1e9,
    )
    print(json.dumps(taken))


def build() -> None:
    import featx

    columns = {"path": "file", "speaker": "speaker", "label": "emotion"}
    featx.build_manifest("csv", "table.csv", columns=columns)


def plan() -> None:
    import featx

    featx.extract("tiny", dry_run=True)


def extract(model: str = "tiny") -> None:
    import featx

    assert not featx.extract(model).failures


def open_store() -> None:
    from cache import FeatureStore

    store = FeatureStore(STORE)
    assert all(store.is_done(name) for name in store.utterances)


def fit(head: str, *settings: str) -> Callable[[], None]:
    def work() -> None:
        import featx

        # the copies are heard as such, and refused unless they are asked for
        featx.fit(head, "tiny", folds=3, settings=settings, keep_duplicates=True, name=head)

    return work


def evaluate() -> None:
    import featx

    featx.evaluate("runs/linear/predictions.csv", manifest="manifest.csv")


def report_runs() -> None:
    import featx

    featx.report(["runs/linear", "runs/dense"])


EXTRACTING = ("featx.features.extract", "featx.features.encoders.workers")
STAGES: dict[str, tuple[Sequence[str], Callable[[], Any]]] = {
    "manifest": (("featx.data.listing.build",), build),
    "plan": (EXTRACTING, plan),
    "extract": (EXTRACTING, extract),
    "open the store": (("cache",), open_store),
    "fit linear": (("featx.fitting.fit", "classifiers.logistic"), fit("linear")),
    "fit dense, 2 epochs": (("featx.fitting.fit",), fit("dense", "training.epochs=2")),
    "evaluate": (("featx.comparison.evaluate",), evaluate),
    "report": (("featx.reporting.report",), report_runs),
}
WHISPER = (EXTRACTING, lambda: extract("whisper-tiny.en"))


def report(found: dict[str, dict[str, Taken]], counts: list[int], seconds: float) -> None:
    """Print what an utterance takes in each corpus, and what follows for larger ones."""
    titles = [f"{count:,}: ms" for count in counts] + [f"{count:,}: GB" for count in counts]
    names = ["stage", *titles, "ms grow by", *(f"{hours:,} h" for hours in HOURS)]
    print(f"the processor's time an utterance of {seconds:.2f} s, and memory beyond imports\n")
    print(f"| {' | '.join(names)} |\n|{' --- |' * len(names)}")
    for stage, by_count in found.items():
        taken = [by_count.get(str(count)) for count in counts]
        each = [t and 1000 * t.used / count for t, count in zip(taken, counts, strict=True)]
        cells = [f"{ms:.2f}" if ms is not None else "" for ms in each]
        cells += [f"{t.memory:.2f}" if t else "" for t in taken]
        known = [(count, t) for count, t in zip(counts, taken, strict=True) if t]
        cells += [f"× {each[-1] / each[0]:.2f}" if len(known) > 1 else ""]  # type: ignore[operator]
        cells += [paper(known, hours * 3600 / seconds) for hours in HOURS]
        print(f"| {stage} | {' | '.join(cells)} |")


def paper(known: Sequence[tuple[int, Taken]], utterances: float) -> str:
    """Return the hours of the processor that so many utterances take, by the last slope."""
    (few, less), (many, more) = known[-2:] if len(known) > 1 else [(0, Taken(0, 0, 0)), known[-1]]
    used = max(0.0, more.used - less.used) / (many - few) * utterances
    return f"{used / 3600:,.1f} h"


if __name__ == "__main__":
    main()
