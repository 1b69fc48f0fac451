"""Comparing systems on the same test utterances: scores, cost, and whether they differ."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from featx.comparison.class_systems import System, index_seed
from featx.comparison.compared import Compared, Pair
from featx.comparison.comparison import Comparison
from featx.comparison.evaluate import evaluate
from featx.comparison.label_systems import LabelSystem
from featx.comparison.labels import compare_labels
from featx.comparison.number_systems import NumberSystem
from featx.comparison.numbers import compare_numbers
from featx.comparison.same_tests import check_same, join_speakers
from featx.data.labels import order_labels
from featx.errors import Call, FeatxError
from featx.runs.cost import folder_bytes, read_cost
from featx.scoring.classes.results import SeedPredictions, score_predictions
from featx.scoring.metrics import count_confusions, draw_groups, group_by_speaker
from featx.scoring.significance import combine, holm, mcnemar_of_seeds, resample_uar, subtract
from featx.utils.arguments import checked
from featx.utils.files import AnyPath


@checked
def compare(paths: AnyPath | Sequence[AnyPath], manifest: str | Path | None = None) -> Comparison:
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
    check_same(systems)
    speakers = join_speakers(systems)
    if numbers := [system for system in systems if isinstance(system, NumberSystem)]:
        return compare_numbers(numbers, speakers)
    if labelled := [system for system in systems if isinstance(system, LabelSystem)]:
        return compare_labels(labelled, speakers)
    return compare_systems([system for system in systems if isinstance(system, System)])


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


def _index(
    system: System, classes: Sequence[str], speakers: Mapping[str, str]
) -> list[SeedPredictions]:
    """Return every seed with its utterances in one order, seeds in the order of their numbers."""
    seeds = sorted(system.seeds, key=lambda seed: seed.order)
    return [index_seed(seed, sorted(system.labels), classes, speakers) for seed in seeds]


def _describe(system: System, classes: Sequence[str], seeds: Sequence[SeedPredictions]) -> Compared:
    shared, remarks = system.results.speakers_shared, system.results.remarks
    results = score_predictions(system.name, classes, seeds, shared, remarks)
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
