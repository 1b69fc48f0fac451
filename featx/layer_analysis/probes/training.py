"""Fit a linear classifier on every layer of a store, for every fold."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from classifiers.batch import Branch, Examples, InMemory
from classifiers.cores import Crew, Worker, use_one_core
from classifiers.heads import HeadDesign, train_head
from classifiers.shape import InputShape
from classifiers.statistics import Statistics
from classifiers.training import predict
from featx.errors import Interrupted
from featx.fitting.heads.member import Member, load_member
from featx.fitting.inputs.data import prepare
from featx.fitting.inputs.moments import find_moments
from featx.fitting.inputs.standardise import part_statistics
from featx.fitting.objective import objective_of
from featx.fitting.plan import PlannedFit
from featx.protocols.fold import Fold
from featx.protocols.task import Task
from featx.utils.parallel import map_ahead
from featx.utils.progress import progress

Groups = tuple[Statistics, Tensor | None]


@dataclass(frozen=True)
class _Pooled:
    """What probes are fitted on.

    Attributes:
        means: (layers, 1, dim) by utterance, over its frames.
        statistics: those of each fold and part, where speakers are standardised by their own.
    """

    means: Mapping[str, Tensor]
    statistics: Mapping[tuple[int, str], Groups]


@dataclass(frozen=True)
class _Assignment:
    """One probe: the place of its layer among those chosen, and its fold."""

    row: int
    fold: Fold

    @property
    def key(self) -> tuple[int, int]:
        """Row, and number of the fold."""
        return self.row, self.fold.number


def fit_probes(fit: PlannedFit, folder: Path) -> list[list[Member]]:
    """Fit a probe for every layer and fold; those finished earlier are taken up again.

    The means of each utterance's frames are those kept beside the store, or measured for it.

    Args:
        fit: a planned fit of a linear head with mean pooling on a single store.
        folder: where finished probes are kept.

    Returns:
        For each layer its probes, one a fold.

    Raises:
        FeatxError: if a speaker can't be standardised by his own.
        Interrupted: on Ctrl-C.
    """
    layers, folds = fit.data.selections[0].layers, fit.data.task.folds
    assignments = [_Assignment(row, fold) for row in range(len(layers)) for fold in folds]
    members: dict[tuple[int, int], Member] = {}
    for probe in assignments:
        kept = _kept(folder, layers[probe.row])
        if found := load_member(kept, 0, probe.fold.number, fit.inputs):
            members[probe.key] = found
    missing = [probe for probe in assignments if probe.key not in members]
    try:
        for probe, member in _fit(fit, missing, len(members)) if missing else ():
            member.save(_kept(folder, layers[probe.row]), fit.inputs)
            members[probe.key] = member
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted with {len(members)} of {len(assignments)} probes fitted. "
            "Start the same probe again to go on from there."
        ) from None
    return [[members[row, fold.number] for fold in folds] for row in range(len(layers))]


def _kept(folder: Path, layer: str) -> Path:
    return folder / f"layer{layer}"


def _fit(
    fit: PlannedFit, missing: Sequence[_Assignment], done: int
) -> Iterator[tuple[_Assignment, Member]]:
    """Fit probes side by side, each on a core of its own."""
    pooled = _pool(fit)
    stop = threading.Event()

    def work(probe: _Assignment) -> tuple[_Assignment, Member]:
        return probe, _fit_probe(fit, probe, pooled, stop)

    with (
        progress("Probing", len(missing) + done, "probes", done) as advance,
        threadpool_limits(1, "blas"),  # products of numpy and scipy, which would take all cores
    ):
        threads = torch.get_num_threads()
        for result in map_ahead(work, missing, threads, use_one_core, stop.set):
            yield result
            advance(1)


def _pool(fit: PlannedFit) -> _Pooled:
    (selection,) = fit.data.selections
    task = fit.data.task
    names = [utterance.utterance for utterance in task.utterances]
    selection.check(names)
    statistics: dict[tuple[int, str], Groups] = {}
    if fit.config.normalize == "speaker":
        (source,) = prepare(fit.data, "speaker", keep=False)
        assert source.cells is not None, "moments are found for all but none"
        for fold in task.folds:
            for part in fold.parts:
                own = part_statistics(source.cells, fold, part, "speaker")
                statistics[fold.number, part] = own
    moments = find_moments(selection, names, keep=False, frames=selection.frames)
    means = {name: torch.from_numpy(found.mean[:, None]).float() for name, found in moments.items()}
    return _Pooled(means, statistics)


def _fit_probe(
    fit: PlannedFit, probe: _Assignment, pooled: _Pooled, stop: threading.Event
) -> Member:
    task, fold = fit.data.task, probe.fold
    shape = InputShape(1, fit.data.shapes[0].dim, 0)
    design = HeadDesign(fit.config.head, None, [shape], objective_of(task))
    examples = {part: _examples(task, pooled, probe, part) for part in fold.parts}
    with Crew(1) as core:
        worker = Worker(core, stop)
        trained = train_head(design, examples["train"], examples["validation"], 0, worker)
        probabilities = {
            part: predict(trained.head, examples[part], core) for part in ("validation", "test")
        }
    return Member.of(0, fold.number, trained, examples["train"], probabilities)


def _examples(task: Task, pooled: _Pooled, probe: _Assignment, part: str) -> Examples:
    """Return a part of a fold: each utterance's mean of a layer, as if it had a single frame."""
    utterances, row = probe.fold.parts[part], slice(probe.row, probe.row + 1)
    features = InMemory([pooled.means[utterance.utterance][row] for utterance in utterances])
    branch = Branch(features)
    if (probe.fold.number, part) in pooled.statistics:
        statistics, groups = pooled.statistics[probe.fold.number, part]
        own = Statistics(statistics.mean[:, row], statistics.deviation[:, row])
        branch = Branch(features, own, groups)
    return Examples([branch], task.targets(utterances))
