"""Seconds a step of `featx finetune`, against a bare PyTorch loop.

    FEATX_DATA=... python -m benchmarks.finetuning.finetune --encoder wav2vec2-base

RAVDESS speech from its files, the shipped settings (batches of 4, two of them a step), random
weights. In one process and in turn, over the same batches, each turn with a new model of the same
initial weights. Reading and decoding audio is in the time of all; the first step of a turn, which
allocates, is not.

(a) a bare loop over transformers' AutoModelForAudioClassification with an attention mask; same
    optimiser, clipping, autocast and frozen parts
(b) the same loop over featx's model, to tell its cost from Trainer's
(c) featx: Trainer, and what goes on beside it except looks at validation data
"""

import gc
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import TrainerCallback

from benchmarks.finetuning.setting import (
    CLASSES,
    SEED,
    Bench,
    adam,
    now,
    our_loss,
    parse,
    set_up,
    still,
)
from benchmarks.setting import ravdess
from classifiers.objectives import Classification
from featx.finetuning.model import EmotionModel
from featx.finetuning.training.arguments import WORKERS_ON_GPU, training_arguments
from featx.finetuning.training.trainer import Tuner
from featx.finetuning.training.watch import Watch
from featx.finetuning.training.waveforms import Order, Waveforms, collate

THEIRS = "(a) bare loop, transformers' model"
SAME = "(b) bare loop, featx's model"
OURS = "(c) featx"
Forward = Callable[[Any, dict[str, Any]], Tensor]


class Clock(TrainerCallback):
    """Notes when each step ends, and ends training."""

    def __init__(self, steps: int, device: torch.device) -> None:
        self.steps, self.device = steps, device
        self.ends: list[float] = []
        self.losses: list[Tensor] = []

    def tick(self) -> None:
        """Note the end of a step."""
        self.ends.append(now(self.device))

    def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Called by Trainer."""
        self.tick()
        control.should_training_stop = len(self.ends) >= self.steps

    @property
    def seconds(self) -> float:
        """Of a step, without the first."""
        return (self.ends[-1] - self.ends[0]) / (len(self.ends) - 1)


def ours(bench: Bench, waveforms: Waveforms) -> Clock:
    """(c)."""
    model, clock = bench.model(), Clock(bench.steps, bench.device)
    model.register_forward_hook(lambda _, __, out: clock.losses.append(out["loss"].detach()))
    with tempfile.TemporaryDirectory() as folder:
        arguments = training_arguments(
            bench.settings, Path(folder), SEED, bench.device, "benchmark"
        )
        tuner = Tuner(
            model, Classification(CLASSES), bench.settings, arguments, waveforms, waveforms
        )
        tuner.add_callback(Watch(bench.settings, tuner.order, lambda _: None, "benchmark", str))
        tuner.add_callback(clock)
        tuner.train()
    return clock


def bare(bench: Bench, waveforms: Waveforms, model: Any, forward: Forward) -> Clock:
    """(a) and (b)."""
    settings, clock = bench.settings, Clock(bench.steps, bench.device)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = adam(bench, weights)
    on_gpu = bench.device.type == "cuda"
    order = Order(waveforms.samples, bench.batch if settings.group_by_length else None, SEED)
    batches = iter(DataLoader(
        waveforms, settings.batch_size, sampler=order, collate_fn=collate, pin_memory=on_gpu,
        num_workers=WORKERS_ON_GPU if on_gpu else 0,
    ))  # fmt: skip
    model.train()
    if bench.mode == "frozen":
        (model.encoder if isinstance(model, EmotionModel) else model.base_model).eval()
    for _ in range(bench.steps):
        for _ in range(settings.accumulation):
            batch = next(batches)
            with bench.autocast():
                loss = forward(model, batch)
            (loss / settings.accumulation).backward()
            clock.losses.append(loss.detach())
        nn.utils.clip_grad_norm_(weights, settings.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        clock.tick()
    return clock


def their_loss(model: Any, batch: dict[str, Any]) -> Tensor:
    device, samples = model.device, torch.tensor(batch["samples"])
    mask = (torch.arange(batch["waveforms"].shape[1]) < samples[:, None]).to(device)
    loss: Tensor = model(
        batch["waveforms"].to(device), mask, labels=batch["labels"].to(device)
    ).loss
    return loss


def compare(bench: Bench, rounds: int, utterances: int) -> None:
    count = max(utterances, (bench.steps + 1) * bench.batch)  # Trainer reads one batch ahead
    waveforms = bench.waveforms(ravdess(count).utterances)
    ways: dict[str, Callable[[], Clock]] = {
        THEIRS: lambda: bare(bench, waveforms, bench.published(), their_loss),
        SAME: lambda: bare(bench, waveforms, bench.model(), our_loss),
        OURS: lambda: ours(bench, waveforms),
    }
    turns: dict[str, list[Clock]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            gc.collect()  # Trainer and its model refer to each other
            turns[name].append(way())
    print(f"{bench.steps - 1} steps of {bench.batch} utterances, medians of {rounds} turns")
    middle = {name: statistics.median(turn.seconds for turn in turns[name]) for name in ways}
    for name in ways:
        taken = [turn.seconds for turn in turns[name]]
        print(
            f"{name:36} {middle[name]:8.4f} s a step ({min(taken):.4f} to {max(taken):.4f}), "
            f"{middle[name] / middle[THEIRS]:.3f} × (a), {middle[name] / middle[SAME]:.3f} × (b)"
        )
    count = bench.steps * bench.settings.accumulation
    losses = [torch.stack(turns[name][0].losses[:count]).cpu() for name in (SAME, OURS)]
    apart = float((losses[0] - losses[1]).abs().max())
    print(f"losses of (b) and (c) over {count} batches: {apart:.2g} apart at most")


def main() -> None:
    parser = parse(__doc__)
    parser.add_argument("--utterances", type=int, default=0, help="to draw from; 0: as needed")
    parser.add_argument("--steps", type=int, default=7, help="of a turn, the first not timed")
    parser.add_argument("--without-dropout", action="store_true", help="losses must agree then")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = set_up(options, Path(scratch), options.steps)
        if options.without_dropout:
            bench = replace(bench, checkpoint=still(bench.checkpoint, Path(scratch) / "still"))
        compare(bench, options.rounds, options.utterances)


if __name__ == "__main__":
    main()
