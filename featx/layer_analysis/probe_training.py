"""Fit a linear classifier on every layer of a store, for every fold."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from classifiers.batch import Branch, Examples, InMemory
from classifiers.cores import Crew, use_one_core
from classifiers.heads import train_head
from classifiers.shape import InputShape
from classifiers.statistics import Statistics
from classifiers.training import predict
from featx.errors import Interrupted
from featx.fitting.config import FitConfig
from featx.fitting.data import FitData, prepare
from featx.fitting.fit import digest_inputs
from featx.fitting.member import Member, load_member
from featx.fitting.selection import Selection
from featx.fitting.standardise import part_statistics
from featx.protocols.folds import Fold
from featx.utils.parallel import map_ahead
from featx.utils.progress import progress

Task = tuple[int, Fold]  # the layer's place, and the fold
Groups = tuple[Statistics, Tensor | None]


@dataclass(frozen=True)
class _Pooled:
    """What probes are fitted on.

    Attributes:
        means: (layers, 1, dim) by utterance, over its frames.
        statistics: of each fold and part, where speakers are standardised by their own.
    """

    means: Mapping[str, Tensor]
    statistics: Mapping[tuple[int, str], Groups]


def fit_probes(config: FitConfig, data: FitData, folder: Path) -> list[list[Member]]:
    """Fit a probe for every layer and fold; those finished earlier are taken up again.

    The store is read once, and each utterance's frames are averaged at once in every layer.

    Args:
        config: of a linear head with mean pooling.
        data: one store.
        folder: where finished probes are kept.

    Returns:
        For each layer its probes, one a fold.

    Raises:
        FeatxError: if a speaker can't be standardised by his own.
        Interrupted: on Ctrl-C.
    """
    inputs, layers = digest_inputs(config, data), data.selections[0].layers
    tasks = [(row, fold) for row in range(len(layers)) for fold in data.folds]
    members: dict[tuple[int, int], Member] = {}
    for row, fold in tasks:
        if found := load_member(_kept(folder, layers[row]), 0, fold.number, inputs):
            members[row, fold.number] = found
    missing = [(row, fold) for row, fold in tasks if (row, fold.number) not in members]
    try:
        for row, member in _fit(config, data, missing, len(members)) if missing else ():
            member.save(_kept(folder, layers[row]), inputs)
            members[row, member.fold] = member
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted with {len(members)} of {len(tasks)} probes fitted. "
            "The same command goes on from there."
        ) from None
    return [[members[row, fold.number] for fold in data.folds] for row in range(len(layers))]


def _kept(folder: Path, layer: str) -> Path:
    return folder / f"layer{layer}"


def _fit(
    config: FitConfig, data: FitData, tasks: Sequence[Task], done: int
) -> Iterator[tuple[int, Member]]:
    """Fit probes side by side, one a core."""
    pooled = _pool(config, data)
    stop = threading.Event()

    def work(task: Task) -> tuple[int, Member]:
        row, fold = task
        return row, _fit_one(config, data, pooled, row, fold, stop)

    with (
        progress("Probing", len(tasks) + done, "probes", done) as advance,
        threadpool_limits(1, "blas"),  # scikit-learn's products, which are numpy's
    ):
        threads = torch.get_num_threads()
        for result in map_ahead(work, tasks, threads, use_one_core, stop.set):
            yield result
            advance(1)


def _pool(config: FitConfig, data: FitData) -> _Pooled:
    (selection,) = data.selections
    statistics: dict[tuple[int, str], Groups] = {}
    if config.normalize == "speaker":
        ((_, cells),) = prepare(data, "speaker", keep=False)
        assert cells is not None, "moments are found for all but none"
        for fold in data.folds:
            for part in fold.parts:
                own = part_statistics(cells, fold, part, "speaker")
                statistics[fold.number, part] = own
    names = [utterance.utterance for utterance in data.utterances]
    return _Pooled(_average_frames(selection, names), statistics)


def _average_frames(selection: Selection, names: Sequence[str]) -> dict[str, Tensor]:
    """Return the mean over frames of every layer, (layers, 1, dim), by utterance."""

    def average(name: str) -> tuple[str, Tensor]:
        selection.expect(name)
        mean = selection.read(name).float().mean(1, keepdim=True)
        selection.release(name)
        return name, mean

    means = {}
    with progress(f"Averaging {selection.store.folder.name}", len(names), "utterances") as advance:
        for name, mean in map_ahead(average, names, torch.get_num_threads(), use_one_core):
            means[name] = mean
            advance(1)
    return means


def _fit_one(
    config: FitConfig, data: FitData, pooled: _Pooled, row: int, fold: Fold, stop: threading.Event
) -> Member:
    shape = InputShape(1, data.shapes[0].dim, 0)
    examples = {part: _examples(data, pooled, row, fold, part) for part in fold.parts}
    with Crew(1) as core:
        parts = (examples["train"], examples["validation"], 0, core, stop)
        trained = train_head(config.head, None, [shape], len(data.classes), *parts)
        probabilities = {
            part: predict(trained.head, examples[part], core) for part in ("validation", "test")
        }
    return Member.of(0, fold.number, trained, examples["train"], probabilities)


def _examples(data: FitData, pooled: _Pooled, row: int, fold: Fold, part: str) -> Examples:
    """Return a part of a fold: each utterance one layer's mean, as if it had a single frame."""
    utterances, one = fold.parts[part], slice(row, row + 1)
    features = InMemory([pooled.means[utterance.utterance][one] for utterance in utterances])
    branch = Branch(features)
    if (fold.number, part) in pooled.statistics:
        statistics, groups = pooled.statistics[fold.number, part]
        own = Statistics(statistics.mean[:, one], statistics.deviation[:, one])
        branch = Branch(features, own, groups)
    return Examples([branch], data.labels(utterances))
