"""A fit as a run folder, from its config to its figures."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from featx.data.manifest import Manifest
from featx.features.encoders.devices import Compute
from featx.fitting.config import FitConfig, lacks_final
from featx.fitting.heads.files import write_model
from featx.fitting.heads.member import Member, is_statistic
from featx.fitting.inputs.corpora import load_corpora
from featx.fitting.inputs.data import FitData
from featx.fitting.plan import PlannedFit, plan_fit
from featx.fitting.results.files import write_results
from featx.fitting.training.final import add_final
from featx.fitting.training.train import THREADS, Trainers, fit_members
from featx.protocols.repeated import check_task
from featx.runs.cost import Cost, write_cost
from featx.runs.files import (
    MEMBERS,
    SCORES,
)
from featx.runs.folder import extend_run, open_run
from featx.runs.making import making
from featx.scoring.results_file import RunResults
from featx.utils.machine import peak_memory

ON_CPU = Compute(device="cpu")
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
    write_model(fit, members, folder)
    write_cost(folder, cost_of(fit.data, members, compute, trainers))
    return add_final(fit, results, folder, compute, trainers) if fit.config.final else results


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
