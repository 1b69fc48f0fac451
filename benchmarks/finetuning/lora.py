"""Time, memory and disk of `featx finetune` with adapters, beside all other modes, as ratios.

    FEATX_DATA=... python -m benchmarks.finetuning.lora --encoder whisper-tiny.en

A batch of utterances from all over RAVDESS goes forward and backward, and AdamW steps. Each way has
a process of its own, whose peak memory is shown, less what it held with all libraries before the
model was there. On a machine that is shared, the processor time of the process says more than the
time that passes; both are medians over all steps but each process's first, which allocates, and
over rounds, in which the ways take turns. Then the model is saved, and its bytes counted; the
checkpoints of a training hold what trains. An encoder that is not here has random weights.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from benchmarks.finetuning.order import Learner
from benchmarks.finetuning.setting import CLASSES, SHIPPED, Bench
from benchmarks.setting import describe_machine, ravdess, versions, write_encoder
from featx.features.encoders.checkpoints.find import find_checkpoint, is_here
from featx.features.encoders.devices import find_devices
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.adapting.base import Base
from featx.finetuning.adapting.settings import BottleneckSettings, LoraSettings
from featx.finetuning.saving.contents import Adapted
from featx.finetuning.saving.save import save_model
from featx.finetuning.training.resources import tuning_bytes
from featx.runs.cost import folder_bytes
from featx.runs.outputs import Outputs
from featx.utils.machine import peak_memory

AVERAGE = SHIPPED.head.model_copy(update={"average": "softmax"})
WAYS: Mapping[str, Mapping[str, Any]] = {
    "full": {"mode": "full"},
    "partial": {"mode": "partial"},
    "lora": {"mode": "lora"},
    "adapter": {"mode": "adapter"},
    "adapter, feed-forward": {"mode": "adapter", "places": ("feed_forward",)},
    "frozen": {"mode": "frozen"},
    "full, average": {"mode": "full", "head": AVERAGE},
    "lora, average": {"mode": "lora", "head": AVERAGE},
    "lora, checkpointing": {"mode": "lora", "checkpointing": True},
}
SHOWN = {  # and how many of what is measured make a unit
    "processor s a step": ("used", 1.0),
    "s a step": ("passed", 1.0),
    "memory, MB": ("peak", 1e6),
    "trained, thousands": ("trained", 1e3),
    "saved, MB": ("saved", 1e6),
    "checkpoints, MB": ("checkpoints", 1e6),
}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return what is measured of a way in this process."""
    settings = SHIPPED.training.model_copy(update={"batch_size": options.batch, "accumulation": 1})
    (device,) = find_devices(options.device)
    way = dict(WAYS[options.child])
    places = way.pop("places", ("attention", "feed_forward"))
    lora = LoraSettings(r=options.rank) if way["mode"] == "lora" else None
    adapter = (
        BottleneckSettings(size=options.width, places=places) if way["mode"] == "adapter" else None
    )
    bench = Bench(
        checkpoint=options.folder,
        settings=settings,
        steps=options.steps,
        device=device,
        adapters=lora or adapter,
        **way,
    )
    waveforms = bench.waveforms(ravdess(options.batch).utterances)
    before = psutil.Process().memory_info().rss
    learner = Learner(bench, waveforms)
    passed, used = [], []
    for number in range(options.steps + 1):
        begin = time.process_time()
        seconds = learner.learn(range(options.batch)) + learner.update()
        if number:  # the first allocates
            passed.append(seconds)
            used.append(time.process_time() - begin)
    held, on_gpu = peak_memory(device)
    trained = sum(weight.numel() for weight in learner.weights)
    return {
        "passed": statistics.median(passed),
        "used": statistics.median(used),
        "peak": held - before if on_gpu is None else on_gpu,
        "trained": trained,
        "saved": saved_bytes(learner),
        "checkpoints": tuning_bytes(0, trained)[1],
    }


def saved_bytes(learner: Learner) -> int:
    """Return the size of a model as a run keeps it."""
    bench = learner.bench
    outputs = Outputs(classes=tuple(str(number) for number in range(CLASSES)))
    adapted = None
    if bench.adapters is not None:
        none = "0" * 64
        base = Base(encoder="encoder", revision="", weights_sha256=none, settings_sha256=none)
        adapted = Adapted.of(bench.adapters, base)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "saved")
        save_model(
            learner.model.eval(), load_extractor(bench.checkpoint), outputs, folder, adapted=adapted
        )
        return folder_bytes(folder)


def run(options: argparse.Namespace, folder: Path, way: str) -> dict[str, float]:
    """Measure a way in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.finetuning.lora", *sys.argv[1:]]
    command += ["--child", way, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    seen: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return seen


def report(rounds: Mapping[str, list[dict[str, float]]]) -> None:
    """Print medians, and how many times as much "full" takes."""
    print(f"{'':20}" + "".join(f"{name:>28}" for name in SHOWN))
    first = next(iter(rounds))
    for way in rounds:
        cells = []
        for key, unit in SHOWN.values():
            own, full = (
                statistics.median(each[key] for each in rounds[name]) for name in (way, first)
            )
            cells.append(f"{own / unit:16,.2f}{f'({full / own:.2f} ×)':>12}")
        print(f"{way:20}" + "".join(cells), flush=True)
    print(f"in brackets: how many times as much {first} takes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="whisper-tiny.en", help="short name, or a folder")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--only", nargs="+", choices=tuple(WAYS), metavar="WAY")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--child", choices=tuple(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options)))
        return
    (device,) = find_devices(options.device)
    with tempfile.TemporaryDirectory() as scratch:
        here = is_here(options.encoder)
        if here:
            folder = find_checkpoint(options.encoder).folder
        else:
            folder = write_encoder(options.encoder, Path(scratch, "encoder"))
        print(
            f"{options.encoder}{'' if here else ', random weights'}, batches of {options.batch}, "
            f"rank {options.rank}, width {options.width}, "
            f"{options.rounds} rounds of {options.steps} steps, "
            f"{describe_machine(device)}, {versions()}",
            flush=True,
        )
        ways = options.only or list(WAYS)
        rounds: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way in ways:
                rounds[way].append(run(options, folder, way))
                print(f"{way}: {json.dumps(rounds[way][-1])}", file=sys.stderr, flush=True)
    report(rounds)


if __name__ == "__main__":
    main()
