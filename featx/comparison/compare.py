"""Comparing systems on the same test utterances: scores, cost, and whether they differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from featx.comparison.evaluate import System, check_same, evaluate, index_seed, join_speakers
from featx.data.labels import order_labels
from featx.errors import Call, FeatxError
from featx.runs.cost import Cost, folder_bytes, read_cost
from featx.runs.read import read_scores
from featx.scoring.metrics import count_confusions, draw_groups, group_by_speaker
from featx.scoring.results import Results, SeedPredictions, score_predictions
from featx.scoring.significance import (
    Difference,
    McNemar,
    combine,
    holm,
    mcnemar_of_seeds,
    resample_uar,
    subtract,
)


@dataclass(frozen=True)
class Compared:
    """One of the systems.

    Attributes:
        name: of its folder.
        results: its scores.
        cost: of its training; None if unknown.
        disk: bytes in its folder; None if the cost is unknown.
        notes: what a reader of the scores must know.
    """

    name: str
    results: Results
    cost: Cost | None
    disk: int | None
    notes: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        cost = None if self.cost is None else {**self.cost.model_dump(), "run_folder": self.disk}
        return {**self.results.to_json(), "cost": cost, "notes": list(self.notes)}


@dataclass(frozen=True)
class Pair:
    """Two of the systems.

    Attributes:
        first: name of one.
        second: name of the other.
        difference: in UAR.
        tests: of every seed of one against every seed of the other.
        p: of all tests combined.
        holm: the combined p, adjusted for the number of pairs of systems.
    """

    first: str
    second: str
    difference: Difference
    tests: Sequence[McNemar]
    p: float
    holm: float

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "first": self.first,
            "second": self.second,
            "uar_difference": asdict(self.difference),
            "mcnemar": {
                "only_first": median(test.only_first for test in self.tests),
                "only_second": median(test.only_second for test in self.tests),
                "p": self.p,
                "p_holm": self.holm,
                "tests": [asdict(test) for test in self.tests],
            },
        }


@dataclass(frozen=True)
class Comparison:
    """Two or more systems and every pair of them.

    Attributes:
        utterances: how many were tested.
        systems: in the order they were given.
        pairs: of them.
    """

    utterances: int
    systems: Sequence[Compared]
    pairs: Sequence[Pair]

    @property
    def resampled(self) -> str:
        """What the intervals resample: "speakers", or "utterances" if no speaker is known."""
        return self.systems[0].results.resampled

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "utterances": self.utterances,
            "speakers": self.systems[0].results.speakers,
            "resampled": self.resampled,
            "systems": {system.name: system.to_json() for system in self.systems},
            "pairs": [pair.to_json() for pair in self.pairs],
        }


def compare(
    paths: str | Path | Sequence[str | Path], manifest: str | Path | None = None
) -> Comparison:
    """Compare systems on the same test utterances: scores, cost, and whether they differ.

    Args:
        paths: run folders, prediction files, or folders of either; each folder that holds
            prediction files is a system.
        manifest: a CSV that names the speakers, where the files have no speaker column.

    Returns:
        The scores and the cost of every system, and the differences of every pair.

    Raises:
        FeatxError: if a file can't be used, there are fewer than two systems, or their test sets
            differ.

    Example:
        >>> comparison = featx.compare(
        ...     ["runs/manifest-encoder-dense", "runs/manifest-encoder-linear"]
        ... )
        >>> print(comparison.pairs[0].difference)
    """
    systems = evaluate(paths, manifest).systems
    if len(systems) < 2:
        raise FeatxError(
            f"{systems[0].name} is one system, and comparing takes two or more. Give more run "
            "folders or the folder that holds them.",
            Call("Score one alone", "evaluate", {"paths": systems[0].folder}),
        )
    return compare_systems(systems)


def compare_systems(systems: Sequence[System]) -> Comparison:
    """Compare two or more systems that were read already.

    Raises:
        FeatxError: if a file beside their predictions can't be used, or their test sets differ.
    """
    check_same(systems)
    speakers = join_speakers(systems)
    predicted = {row.prediction for s in systems for seed in s.seeds for row in seed.rows.values()}
    classes = order_labels(predicted | set(systems[0].labels.values()))
    scored = [_index(system, classes, speakers) for system in systems]
    return Comparison(
        len(systems[0].labels),
        [_describe(s, classes, seeds) for s, seeds in zip(systems, scored, strict=True)],
        _compare_pairs([system.name for system in systems], scored, len(classes)),
    )


def median(values: Iterable[float]) -> float:
    """Return the median of some numbers."""
    return float(np.median(list(values)))


def _index(
    system: System, classes: Sequence[str], speakers: Mapping[str, str]
) -> list[SeedPredictions]:
    """Return every seed with its utterances in one order, seeds in the order of their numbers."""
    seeds = sorted(system.seeds, key=lambda seed: seed.order)
    return [index_seed(seed, sorted(system.labels), classes, speakers) for seed in seeds]


def _describe(system: System, classes: Sequence[str], seeds: Sequence[SeedPredictions]) -> Compared:
    results = score_predictions(system.name, classes, seeds, speakers_shared=None)
    stored = read_scores(system.folder)
    if stored is not None:
        shared, remarks = stored.speakers_shared, stored.remarks
        results = replace(results, speakers_shared=shared, remarks=remarks)
    cost = read_cost(system.folder)
    disk = None if cost is None else folder_bytes(system.folder)
    return Compared(system.name, results, cost, disk, [*results.notes(), *system.notes])


def _compare_pairs(
    names: Sequence[str], systems: Sequence[Sequence[SeedPredictions]], classes: int
) -> list[Pair]:
    groups = group_by_speaker(systems[0][0].speakers)
    draws = draw_groups(np.ones(int(groups.max()) + 1, dtype=np.int64))
    scored = []
    for seeds in systems:
        counts = [
            count_confusions(seed.labels, seed.predictions, groups, classes) for seed in seeds
        ]
        scored.append(resample_uar(np.stack(counts), draws))
    hits = [np.stack([seed.labels == seed.predictions for seed in seeds]) for seeds in systems]
    pairs = list(combinations(range(len(systems)), 2))
    tests = [mcnemar_of_seeds(hits[first], hits[second]) for first, second in pairs]
    combined = [combine([test.p for test in of_pair]) for of_pair in tests]
    return [
        Pair(
            first=names[first],
            second=names[second],
            difference=subtract(scored[first], scored[second]),
            tests=of_pair,
            p=p,
            holm=adjusted,
        )
        for (first, second), of_pair, p, adjusted in zip(
            pairs, tests, combined, holm(combined), strict=True
        )
    ]
