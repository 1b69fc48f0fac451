"""The files of a fit but its config, log, heads and cost."""

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from featx.fitting.heads.member import Member
from featx.fitting.inputs.data import FitData
from featx.fitting.objective import loss_name
from featx.fitting.plan import PlannedFit
from featx.fitting.results.figures import draw_layer_weights, draw_training
from featx.fitting.results.layer_weights import AveragedStore, write_layer_weights
from featx.fitting.results.outcomes import write_outcomes
from featx.fitting.results.scales import measure_scales
from featx.fitting.training.chosen import COLUMNS
from featx.runs.changes import COPIES
from featx.runs.files import (
    ENVIRONMENT,
    FIGURES,
    HISTORY,
    LAYER_SCALES,
)
from featx.scoring.predictions import rounded
from featx.scoring.results_file import RunResults
from featx.utils.files import write_csv, write_json
from featx.utils.machine import describe_environment

OWN_STATISTICS = {
    "speaker": "Normalised by speaker: a test utterance is standardised by all test utterances of "
    "its speaker, which must be known before the first is recognised.",
    "corpus": "Normalised by corpus: a test utterance is standardised by all test utterances of "
    "its corpus, unlabelled, which must be known before the first is recognised.",
}
SEARCHED = (
    "SETTINGS SEARCHED ON THE SAME UTTERANCES: {0} chose them on all, also on those that are "
    "tested here, so this score is too high for new utterances. The score of {0} is not."
)


def write_results(
    fit: PlannedFit, title: str, members: Sequence[Member], remarks: Sequence[str], folder: Path
) -> RunResults:
    """Score trained heads, and write what a run leaves but its config, log, weights and cost.

    Args:
        fit: what was trained, and on what.
        title: the same in words.
        members: the heads.
        remarks: what a reader of their scores must know beside what is known of every fit.
        folder: the run's folder.
    """
    task = fit.data.task
    known = [*remarks, *(f"Note: {note}." for note in task.notes), *task.remarks]
    if fit.config.normalize in OWN_STATISTICS:
        known.append(OWN_STATISTICS[fit.config.normalize])
    if fit.config.searched:
        known.append(SEARCHED.format(fit.config.searched))
    results = write_outcomes(title, task, members, known, folder)
    _write_files(fit, members, folder)
    return results


def _write_files(fit: PlannedFit, members: Sequence[Member], folder: Path) -> None:
    """Write what a run leaves beside its config, log, weights, cost and what was predicted."""
    write_environment(fit.data, fit.inputs, folder)
    _write_history(members, folder)
    averaged = _averaged_stores(fit.data, members)
    write_layer_weights(averaged, members, folder)
    _write_layer_scales(fit, averaged, folder)
    figures = folder / FIGURES
    if any(len(store.layers) > 1 for store in averaged):
        draw_layer_weights(members, averaged, figures / "layer_weights")
    if fit.config.training:  # linear classifiers have no epochs
        draw_training(members, loss_name(fit.data.task, fit.config.training), figures / "training")


def write_environment(data: FitData, inputs: str, folder: Path) -> None:
    """Write `environment.json`: where and on which features a run was made.

    Args:
        data: what the run was made on.
        inputs: digest of all that it depends on.
        folder: the run's folder.
    """
    stores = [selection.store for selection in data.selections]
    environment = {
        **describe_environment(),
        "inputs_sha256": inputs,
        "features": [
            {**store.identity.to_json(), "dtype": store.layout.dtype, "software": store.software}
            for store in stores
        ],
    }
    if data.copies:
        environment[COPIES] = data.copies.describe()
    write_json(folder / ENVIRONMENT, environment)


def _write_history(members: Sequence[Member], folder: Path) -> None:
    rows = ((m.seed, m.fold, *rounded(astuple(epoch))) for m in members for epoch in m.history)
    write_csv(folder / HISTORY, COLUMNS, rows)


def _averaged_stores(data: FitData, members: Sequence[Member]) -> list[AveragedStore]:
    """Return the stores whose layers the heads average; none if they average no layers."""
    if not members[0].layer_weights:
        return []
    names = [selection.store.folder.name for selection in data.selections]
    if len(set(names)) < len(names):
        names = [str(selection.store.folder) for selection in data.selections]
    layers = [selection.layers for selection in data.selections]
    return list(map(AveragedStore, names, layers))


def _write_layer_scales(fit: PlannedFit, stores: Sequence[AveragedStore], folder: Path) -> None:
    """Write how large the layers are that are weighed; nothing where there is a single layer."""
    rows = []
    for place, store in enumerate(stores):
        if len(store.layers) == 1:
            continue
        scales = measure_scales(fit.data, place, fit.config.normalize)
        for fold, own in zip(fit.data.task.folds, scales, strict=True):
            for layer, scale in zip(store.layers, own.tolist(), strict=True):
                rows.append((fold.number, store.name, layer, *rounded([scale])))
    if rows:
        write_csv(folder / LAYER_SCALES, ("fold", "features", "layer", "scale"), rows)
