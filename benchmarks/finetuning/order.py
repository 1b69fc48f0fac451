"""What batches of similar length save in an epoch of `featx finetune`.

    FEATX_DATA=... python -m benchmarks.finetuning.order --encoder wav2vec2-base

All of RAVDESS speech, and speech with song, from their files; the shipped settings, random
weights. An epoch in random order and one of batches of similar length (`featx.finetuning`'s own
orders), in one process and in turn. Of each epoch some batches are timed, reading and decoding,
forward and backward: spread evenly over the batches by length, since an epoch at base size takes
long on a processor. Their mean, and the optimiser's step, are scaled to all.
"""

import random
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from torch import nn

from benchmarks.finetuning.setting import SEED, Bench, adam, now, our_loss, parse, set_up
from benchmarks.setting import ravdess
from featx.finetuning.training.waveforms import Order, Waveforms, collate


def batches_of(bench: Bench, samples: Sequence[int], group: bool, epoch: int) -> list[list[int]]:
    """Return the batches of an epoch, those with the least padded audio first."""
    order = Order(samples, bench.batch if group else None, SEED)
    order.epoch = epoch
    indices, size = list(order), bench.settings.batch_size
    batches = [indices[start : start + size] for start in range(0, len(indices), size)]
    return sorted(batches, key=lambda batch: padded([batch], samples))


def padded(batches: Sequence[Sequence[int]], samples: Sequence[int]) -> float:
    """Return the seconds of audio in padded batches."""
    return sum(len(batch) * max(samples[index] for index in batch) for batch in batches) / 16_000


def spread(batches: Sequence[list[int]], count: int, offset: float) -> Iterator[list[int]]:
    """Yield so many batches (0: all), evenly spaced from a place in the first, 0 to 1."""
    count = min(count or len(batches), len(batches))
    for number in range(count):
        yield batches[int((number + offset) * len(batches) / count)]


class Learner:
    """A model that learns batch by batch."""

    def __init__(self, bench: Bench, waveforms: Waveforms) -> None:
        self.bench, self.waveforms, self.model = bench, waveforms, bench.model().train()
        self.weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimizer = adam(bench, self.weights)

    def learn(self, batch: Sequence[int]) -> float:
        """Read a batch, go forward and backward; return the seconds taken."""
        begin = now(self.bench.device)
        with self.bench.autocast():
            loss = our_loss(self.model, collate([self.waveforms[index] for index in batch]))
        (loss / self.bench.settings.accumulation).backward()
        return now(self.bench.device) - begin

    def update(self) -> float:
        """Take the optimiser's step; return the seconds taken."""
        begin = now(self.bench.device)
        nn.utils.clip_grad_norm_(self.weights, self.bench.settings.max_grad_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return now(self.bench.device) - begin


def compare(bench: Bench, rounds: int, count: int, kinds: Sequence[str]) -> None:
    waveforms = bench.waveforms(ravdess(kinds=kinds).utterances)
    samples, learner = waveforms.samples, Learner(bench, waveforms)
    learner.learn(range(bench.settings.batch_size))
    learner.update()  # allocates
    taken: dict[bool, list[float]] = {False: [], True: []}
    audio: dict[bool, list[float]] = {False: [], True: []}
    for epoch in range(rounds):
        plans = {group: batches_of(bench, samples, group, epoch) for group in taken}
        offset = random.Random(epoch).random()
        chosen = {group: list(spread(plan, count, offset)) for group, plan in plans.items()}
        spent: dict[bool, list[float]] = {False: [], True: []}
        for number in range(len(chosen[False])):
            for group, batches in chosen.items():
                spent[group].append(learner.learn(batches[number]))
        step = learner.update() / bench.settings.accumulation
        for group, plan in plans.items():
            taken[group].append((statistics.mean(spent[group]) + step) * len(plan))
            audio[group].append(padded(plan, samples))
    title = f"{' and '.join(kinds)}, {len(samples):,} utterances"
    print(f"RAVDESS {title}, {sum(samples) / 16_000:,.0f} s; medians of {rounds} epochs,", end=" ")
    print(f"{len(chosen[False])} of {len(plans[False])} batches timed of each")
    report(taken, audio)


def report(taken: dict[bool, list[float]], audio: dict[bool, list[float]]) -> None:
    for group, name in ((False, "random order"), (True, "similar length")):
        seconds, heard = statistics.median(taken[group]), statistics.median(audio[group])
        print(f"{name:36} {seconds:8.1f} s an epoch, {heard:8,.0f} s of audio with padding")
    ratios = [shuffled / two for shuffled, two in zip(taken[False], taken[True], strict=True)]
    less = statistics.median(audio[False]) / statistics.median(audio[True])
    print(
        f"similar length is {statistics.median(ratios):.3f} × faster "
        f"({min(ratios):.3f} to {max(ratios):.3f}), with {less:.3f} × less audio"
    )


def main() -> None:
    parser = parse(__doc__)
    parser.add_argument("--batches", type=int, default=16, help="timed of each epoch; 0: all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = set_up(options, Path(scratch))
        for kinds in (("speech",), ("speech", "song")):
            compare(bench, options.rounds, options.batches, kinds)


if __name__ == "__main__":
    main()
