"""A fit as a run folder, from its config to its figures."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, astuple, replace
from pathlib import Path

from safetensors.torch import save

from featx.data.manifest import Manifest
from featx.features.encoders.devices import Compute
from featx.fitting.config import FitConfig, lacks_final
from featx.fitting.heads.member import Member, is_statistic
from featx.fitting.inputs.corpora import load_corpora
from featx.fitting.inputs.data import FitData
from featx.fitting.objective import loss_name
from featx.fitting.plan import PlannedFit, plan_fit
from featx.fitting.results.figures import draw_layer_weights, draw_training
from featx.fitting.results.layer_weights import AveragedStore, write_layer_weights
from featx.fitting.results.outcomes import write_outcomes
from featx.fitting.results.priors import training_priors
from featx.fitting.results.scales import measure_scales
from featx.fitting.training.chosen import COLUMNS
from featx.fitting.training.final import add_final
from featx.fitting.training.train import THREADS, Trainers, fit_members
from featx.protocols.repeated import check_task
from featx.protocols.task import Task
from featx.runs.changes import COPIES
from featx.runs.cost import Cost, write_cost
from featx.runs.files import (
    DESCRIPTION,
    ENVIRONMENT,
    FIGURES,
    HISTORY,
    LAYER_SCALES,
    MEMBERS,
    SCORES,
    WEIGHTS,
)
from featx.runs.folder import extend_run, open_run
from featx.runs.making import making
from featx.runs.outputs import Outputs
from featx.scoring.predictions import rounded
from featx.scoring.results_file import RunResults
from featx.utils.files import write_bytes, write_csv, write_json
from featx.utils.machine import describe_environment, peak_memory

ON_CPU = Compute(device="cpu")
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
log = logging.getLogger("featx")


def run_fit(
    config: FitConfig,
    folder: Path,
    overwrite: bool = False,
    compute: Compute = ON_CPU,
    manifest: Manifest | None = None,
    trainers: Trainers = THREADS,
) -> RunResults:
    """Fit into a run folder, or return the results of the same fit done before.

    A run that was stopped goes on with the heads not yet trained. A finished run that lacks nothing
    but its final heads gets them.

    Args:
        config: what to fit.
        folder: the run's folder.
        overwrite: replace the run that the folder holds, once the new one is finished.
        compute: what to compute with; of no effect on the result.
        manifest: the labels, if the config's file is loaded already.
        trainers: who trains the heads; of no effect on the result either.

    Raises:
        FeatxError: if the folder holds a run of another config, or no run at all, or another
            process fits into it, or the manifest or a store can't be used, or the same sound is in
            two parts of a fold.
        Interrupted: on Ctrl-C.
    """
    extends = not overwrite and lacks_final(folder, config.to_toml())
    with making(folder, "fitting", overwrite or extends):
        return _run_fit(config, folder, overwrite, compute, manifest, trainers)


def _run_fit(
    config: FitConfig,
    folder: Path,
    overwrite: bool,
    compute: Compute,
    manifest: Manifest | None,
    trainers: Trainers,
) -> RunResults:
    corpus = manifest or load_corpora(config)
    fit = plan_fit(config, corpus, trainers.place(compute))
    if overwrite or not (folder / SCORES).is_file():  # what is finished stays as it is
        task = check_task(fit.data.task, corpus, config.keep_duplicates)
        fit = replace(fit, data=replace(fit.data, task=task))
    text = config.to_toml()
    if not overwrite and lacks_final(folder, text):
        with extend_run(text, fit.inputs, folder) as run:
            assert run.results is not None, "the run is finished"
            run.results = add_final(fit, run.results, folder, compute, trainers)
        return run.results
    with open_run(text, fit.inputs, folder, overwrite) as run:
        if run.results is None:
            run.results = _fit(fit, run.folder, compute, trainers)
    return run.results


def _fit(fit: PlannedFit, folder: Path, compute: Compute, trainers: Trainers) -> RunResults:
    task = fit.data.task
    log.debug("%s", fit.title)
    log.debug("%s", "; ".join([f"{len(task.utterances):,} utterances", *task.notes]))
    members = fit_members(fit, folder / MEMBERS, compute, trainers)
    results = write_results(fit, fit.title, members, (), folder)
    _write_model(fit, members, folder)
    write_cost(folder, cost_of(fit.data, members, compute, trainers))
    return add_final(fit, results, folder, compute, trainers) if fit.config.final else results


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


def cost_of(data: FitData, members: Sequence[Member], compute: Compute, trainers: Trainers) -> Cost:
    """Return what training the heads of a run cost.

    Args:
        data: what they were trained on.
        members: the heads.
        compute: what they were trained with.
        trainers: who trained them.
    """
    held, on_gpu = peak_memory(trainers.place(compute))
    weights = members[0].weights.items()
    copies = data.copies.selections if data.copies else ()
    return Cost(
        seconds=sum(epoch.seconds for member in members for epoch in member.history),
        models=len(members),
        peak_memory=held,
        peak_gpu_memory=on_gpu,
        parameters_trained=sum(w.numel() for name, w in weights if not is_statistic(name)),
        features=sum(selection.store.nbytes for selection in (*data.selections, *copies)),
        device=trainers.device_name(compute),
    )


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


def _named_outputs(task: Task, config: FitConfig) -> dict[str, object]:
    """Return what the outputs of a head stand for, and how frequent classes were in training."""
    named = Outputs.of(task).to_table()
    if task.dimensions or task.several:
        return named
    return {**named, "priors": training_priors(task, config)}


def _write_model(fit: PlannedFit, members: Sequence[Member], folder: Path) -> None:
    task = fit.data.task
    tensors = {
        f"seed{m.seed}.fold{m.fold}.{name}": value
        for m in members
        for name, value in m.weights.items()
    }
    write_bytes(folder / WEIGHTS, save(tensors))
    description = {
        "head": fit.config.head.model_dump(),
        "normalize": fit.config.normalize,
        **_named_outputs(task, fit.config),
        "inputs": [
            {
                **asdict(selection.shape),
                "layers": selection.layers,
                "features": selection.store.identity.to_json(),
            }
            for selection in fit.data.selections
        ],
        "members": [
            {"prefix": f"seed{m.seed}.fold{m.fold}.", "seed": m.seed, "fold": m.fold,
             "best_epoch": m.best_epoch.epoch}
            for m in members
        ],
    }  # fmt: skip
    write_json(folder / DESCRIPTION, description)
