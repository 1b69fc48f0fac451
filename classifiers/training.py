"""Train a head with early stopping on validation data.

A batch is computed in parts of a few utterances, each on a core of its own, and their gradients are
added in order: no core waits for another within a part, a part's frames stay in a core's cache,
and the result is the same to the last bit whatever the number of cores. A loss that takes a batch's
outputs together is computed between the parts' ways forwards and back.
"""

import copy
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Self, TypeVar

import torch
from pydantic import NonNegativeFloat, PositiveInt, model_validator
from torch import Tensor, nn

from classifiers.batch import Examples, Part
from classifiers.choices import Monitor, Sampling
from classifiers.cores import Crew, Worker
from classifiers.head import Head
from classifiers.history import Epoch, Stopped, Trained
from classifiers.masks import MaskSettings, add_noise
from classifiers.objectives import BatchLoss, Classification, Criterion, LossSettings
from classifiers.sampling import check_balance, draw_order
from classifiers.settings import PositiveFinite

Built = TypeVar("Built", bound=nn.Module)
Step = Callable[[], tuple[float, list[Tensor]]]
"""Waits for a batch: its mean loss and the gradients of the weights."""
_BUILDING = threading.Lock()  # initial weights come from torch's one global generator
PART_ON_GPU = 64  # utterances: a batch at once
_SEEDS = 2**32


class TrainingSettings(LossSettings):
    """How a head trains.

    Attributes:
        learning_rate: the learning rate of Adam.
        weight_decay: the decay of all weights, apart from the gradient (Loshchilov and Hutter
            2019, "Decoupled Weight Decay Regularization").
        batch_size: how many utterances make a batch.
        sampling: which utterances make an epoch: "shuffled" for every utterance once, "balanced"
            for as many utterances, of every class equally often; those of rare classes come
            several times, and of frequent ones not all.
        epochs: how many passes over the training data there are at most.
        monitor: what of validation decides which epoch is kept, the lowest loss or the highest
            score: of classes the UAR, of numbers the mean CCC.
        patience: training stops after this many epochs without a better one.
        clip_value: the bound on the size of each entry of a gradient.
        masks: what of each utterance is masked in training; nothing if None.

    The loss is set by the fields of `LossSettings`.
    """

    learning_rate: PositiveFinite
    weight_decay: NonNegativeFloat = 0.0
    batch_size: PositiveInt
    sampling: Sampling = "shuffled"
    epochs: PositiveInt
    monitor: Monitor = "loss"
    patience: PositiveInt
    clip_value: PositiveFinite
    masks: MaskSettings | None = None

    @model_validator(mode="after")
    def _balances_once(self) -> Self:
        check_balance(self.sampling, self.class_weights)
        return self


def train(
    head: Head,
    training: Examples,
    validation: Examples,
    settings: TrainingSettings,
    seed: int,
    worker: Worker,
) -> Trained:
    """Train a head and leave it as it was at its best epoch on validation data.

    Args:
        head: the head that is trained, from `seeded`.
        training: the examples that it learns from.
        validation: the examples that decide when to stop.
        settings: how it trains.
        seed: the seed of order and dropout. Torch's global generator is not used.
        worker: the worker that computes. When it is asked to stop, training ends at the next epoch.

    Raises:
        FloatingPointError: if the loss becomes infinite or not a number.
        Stopped: when asked to.
    """
    generator, optimizer = _begin(head, settings, seed)
    history: list[Epoch] = []
    for number in range(1, settings.epochs + 1):
        if worker.stop.is_set():
            raise Stopped
        begin = time.perf_counter()
        train_loss = train_epoch(head, optimizer, training, settings, generator, worker.cores)
        predictions = predict(head, validation, worker.cores)
        loss, score = head.objective.validate(predictions, validation.targets, settings)
        _check_finite(train_loss + loss, number, settings)
        worker.step(1 / settings.epochs)
        history.append(Epoch(number, train_loss, loss, score, time.perf_counter() - begin))
        best = max(range(number), key=lambda index: history[index].worth(settings.monitor))
        if best == number - 1:
            best_weights = copy.deepcopy(head.state_dict())
        elif number - 1 - best == settings.patience:
            break
    head.load_state_dict(best_weights)
    return Trained(head.eval(), history, best)


def train_for(
    head: Head,
    training: Examples,
    settings: TrainingSettings,
    epochs: int,
    seed: int,
    worker: Worker,
) -> Trained:
    """Train a head for a number of epochs, with nothing held out to stop it.

    Over the same epochs of the same examples, weights are those that `train` gives.

    Args:
        head: the head that is trained, from `seeded`.
        training: the examples that it learns from.
        settings: how it trains; its epochs, patience and monitor do not count.
        epochs: how many passes over the training data there are.
        seed: the seed of order and dropout. Torch's global generator is not used.
        worker: the worker that computes. When it is asked to stop, training ends at the next epoch.

    Raises:
        FloatingPointError: if the loss becomes infinite or not a number.
        Stopped: when asked to.
    """
    generator, optimizer = _begin(head, settings, seed)
    history: list[Epoch] = []
    for number in range(1, epochs + 1):
        if worker.stop.is_set():
            raise Stopped
        begin = time.perf_counter()
        loss = train_epoch(head, optimizer, training, settings, generator, worker.cores)
        _check_finite(loss, number, settings)
        worker.step(1 / epochs)
        history.append(Epoch.without_validation(number, loss, time.perf_counter() - begin))
    return Trained(head.eval(), history, epochs - 1)


def seeded(build: Callable[[], Built], seed: int) -> Built:
    """Return what `build` makes when torch's global generator begins at a seed.

    The generator is left as it was, and one thread at a time uses it.
    """
    with _BUILDING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def predict(head: Head, examples: Examples, cores: Crew) -> Tensor:
    """Return what is predicted, such as probabilities: (utterances, outputs) float32."""

    def compute(part: Part) -> Tensor:
        with torch.inference_mode():
            return head.objective.predictions(head(part))

    groups = _cut(range(len(examples)), head)
    parts = examples.parts(groups, cores.ahead + 1)
    return torch.cat(list(cores.map(compute, parts))).cpu()


def _begin(
    head: Head, settings: TrainingSettings, seed: int
) -> tuple[torch.Generator, torch.optim.Optimizer]:
    """Return what draws order and dropout, and what changes the weights."""
    optimizer = torch.optim.AdamW(
        _trained(head), settings.learning_rate, weight_decay=settings.weight_decay
    )
    return torch.Generator().manual_seed(seed), optimizer


def _trained(head: Head) -> list[nn.Parameter]:
    return [parameter for parameter in head.parameters() if parameter.requires_grad]


def _cut(order: Sequence[int], head: Head) -> list[Sequence[int]]:
    """Return the utterances in parts of the head's size, which suits a core's cache."""
    on_gpu = next(head.parameters()).is_cuda
    size = PART_ON_GPU if on_gpu else head.part_size
    return [order[begin : begin + size] for begin in range(0, len(order), size)]


def train_epoch(
    head: Head,
    optimizer: torch.optim.Optimizer,
    training: Examples,
    settings: TrainingSettings,
    generator: torch.Generator,
    cores: Crew,
) -> float:
    """Train for one epoch; return the mean loss of the batches as they were seen."""
    order = _order(head, training, settings.sampling, generator)
    size = settings.batch_size
    batches = [_cut(order[begin : begin + size], head) for begin in range(0, len(order), size)]
    ahead = _noisy_parts(training, batches, settings.masks, generator)
    device = head.output.weight.device
    criterion = head.objective.criterion(settings, training.targets, device)
    total, parts = 0.0, next(ahead)
    for batch in batches:
        utterances = sum(map(len, batch))
        if isinstance(criterion, BatchLoss):
            finish = _begin_joint_step(head, parts, criterion, cores)
        else:
            finish = _begin_step(head, parts, utterances, criterion, cores)
        parts = next(ahead, [])  # while the cores compute
        loss, gradients = finish()
        for parameter, gradient in zip(_trained(head), gradients, strict=True):
            parameter.grad = gradient
        nn.utils.clip_grad_value_(_trained(head), settings.clip_value)
        optimizer.step()
        total += loss * utterances
    return total / len(training)


def _noisy_parts(
    training: Examples,
    batches: Sequence[Sequence[Sequence[int]]],
    masks: MaskSettings | None,
    generator: torch.Generator,
) -> Iterator[list[Part]]:
    """Yield the parts of each batch as they are trained on."""
    in_use = 2 * max(map(len, batches))  # a batch that is computed, and the next
    parts = training.parts([group for batch in batches for group in batch], in_use)
    for batch in batches:
        seeds = torch.randint(_SEEDS, (len(batch),), generator=generator).tolist()
        yield [add_noise(next(parts), seed, masks) for seed in seeds]


def _order(
    head: Head, training: Examples, sampling: Sampling, generator: torch.Generator
) -> list[int]:
    """Return the utterances of an epoch in order."""
    classes = training.targets
    if sampling == "balanced":
        assert isinstance(head.objective, Classification), "nothing else has classes"
        classes = head.objective.shares(torch.from_numpy(training.targets)).argmax(1).numpy()
    return draw_order(sampling, classes, len(training), generator)


def _begin_step(
    head: Head, parts: Sequence[Part], utterances: int, criterion: Criterion, cores: Crew
) -> Step:
    """Have the parts of a batch computed; return what waits for the mean loss and its gradients."""
    weights = _trained(head)

    def compute(part: Part) -> tuple[Tensor, tuple[Tensor, ...]]:
        outputs = head(part)
        loss = criterion(outputs, part.targets) / utterances
        return loss.detach(), torch.autograd.grad(loss, weights)

    jobs = [cores.submit(compute, part) for part in parts]

    def finish() -> tuple[float, list[Tensor]]:
        losses, gradients = zip(*(job.result() for job in jobs), strict=True)
        return float(sum(losses)), _add_up(gradients)

    return finish


def _begin_joint_step(head: Head, parts: Sequence[Part], criterion: BatchLoss, cores: Crew) -> Step:
    """Do the same where the loss takes all outputs of the batch."""
    weights = _trained(head)

    def compute(part: Part) -> tuple[Tensor, Tensor]:
        return head(part), part.targets

    forwards = [cores.submit(compute, part) for part in parts]

    def finish() -> tuple[float, list[Tensor]]:
        outputs, targets = zip(*(job.result() for job in forwards), strict=True)
        with torch.no_grad():
            loss, slope = criterion.measure(torch.cat(outputs), torch.cat(targets))
        slopes = slope.split(list(map(len, outputs)))
        back = [
            cores.submit(torch.autograd.grad, output, weights, own)
            for output, own in zip(outputs, slopes, strict=True)
        ]
        return float(loss), _add_up([job.result() for job in back])

    return finish


def _add_up(gradients: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """Return the sum of parts' gradients, of each weight."""
    return [torch.stack(each).sum(0) for each in zip(*gradients, strict=True)]


def _check_finite(loss: float, epoch: int, settings: TrainingSettings) -> None:
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"the loss is no longer finite in epoch {epoch}; a learning rate below "
            f"{settings.learning_rate:g} may help"
        )
