"""Whether each of an experiment's runs can be done, and how far it is."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from featx.errors import FeatxError
from featx.experiments.checking.findings import Findings
from featx.experiments.checking.stores import Known
from featx.experiments.planning.features import weights_missing
from featx.experiments.planning.plan import Case, Plan, PlannedRun
from featx.experiments.planning.run_configs import (
    Config,
    Protocols,
    fit_settings,
    predicted_of,
    tuning_settings,
    vote_settings,
)
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.devices import Compute, find_devices
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.shape import read_shape
from featx.features.planning.layers import choose_layers
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.training.resources import Recipients, check_compute, check_recipients
from featx.finetuning.training.waveforms import check_usable
from featx.fitting.config import FitConfig, lacks_final
from featx.protocols.task import Task
from featx.runs.files import CONFIG
from featx.runs.read import is_unfinished, read_config
from featx.voting.config import VoteConfig

State = Literal["new", "begun", "done", "other"]


Checked = dict[PlannedRun, tuple[Config, State]]


def find_state(folder: Path, config: str) -> State:
    """Tell how far a run is; "other" means that something else is in its place.

    Args:
        folder: the run folder.
        config: the text that the run's `config.toml` shall have.
    """
    if not (folder / CONFIG).is_file():
        return "other" if folder.exists() and (folder.is_file() or any(folder.iterdir())) else "new"
    try:
        if read_config(folder) != tomllib.loads(config):
            return "begun" if lacks_final(folder, config) else "other"
    except FeatxError:  # damaged
        return "other"
    return "begun" if is_unfinished(folder) else "done"


def check_systems(
    plan: Plan,
    tasks: Mapping[Case, Task],
    protocols: Protocols,
    known: Mapping[tuple[str, str], Known],
    findings: Findings,
    overwrite: bool,
) -> Checked:
    """Check every run whose corpus and protocol are in order.

    Args:
        plan: the experiment's plan.
        tasks: the divided corpora, by case.
        protocols: the protocols, by case.
        known: what is known of the features, by corpus and name.
        findings: where errors and warnings are added.
        overwrite: whether runs of another config are replaced.

    Returns:
        The config of each run whose config is in order, and how far the run is.
    """
    checked: Checked = {}
    for run in plan.runs:
        if run.case not in tasks:
            continue
        with findings.at(plan.table(run)):
            if run in plan.heads:
                config: Config = _check_head(plan, run, protocols, known)
            elif run in plan.finetunings:
                config = _check_tuning(plan, run, protocols, tasks[run.case])
            else:
                config = _check_vote(plan, run, checked, tasks[run.case])
            state = find_state(run.folder, config.to_toml())
            checked[run] = config, state
            if state == "other":
                _check_replacing(run, plan.table(run), findings, overwrite)
    return checked


def _check_head(
    plan: Plan, run: PlannedRun, protocols: Protocols, known: Mapping[tuple[str, str], Known]
) -> FitConfig:
    config = fit_settings(plan, run, protocols)
    head = plan.experiment.heads[run.system]
    find_devices(head.device, "1")
    found = [known.get((store.corpus, store.name)) for store in plan.stores_of(run)]
    if config.layers != "all" and all(store and store.blocks is None for store in found):
        raise FeatxError(
            f"`layers={config.layers!r}`: {config.models} has one layer; leave `layers` out."
        )
    for store in found:
        if store:  # otherwise an error has been found there
            choose_layers(config.layers, store.layers, store.blocks)
    return config


def _check_tuning(plan: Plan, run: PlannedRun, protocols: Protocols, task: Task) -> FinetuneConfig:
    config = tuning_settings(plan, run, protocols)
    tuning = plan.experiment.finetunings[run.system]
    check_compute(config, Compute(device=tuning.device))
    check_recipients(config, Recipients(tuning.track))
    if missing := weights_missing(config.model, config.revision or None):
        raise FeatxError(missing)
    folder = find_checkpoint(config.model, config.revision or None).folder
    load_extractor(folder, config.normalize_waveform)
    check_usable(task.utterances, read_shape(folder).shortest, config.seconds)
    return config


def _check_vote(plan: Plan, run: PlannedRun, checked: Checked, task: Task) -> VoteConfig:
    """Return the config of a vote; raise a FeatxError if its systems can't vote together."""
    vote = vote_settings(plan, run, predicted_of(task))
    if len(set(run.needs)) < len(run.needs):
        raise FeatxError("`systems` names a system twice; each votes once.")
    below = _below(plan, run)
    if any(member not in checked for member in below):
        return vote  # an error has been found there
    _check_seeds(plan, run, vote, checked)
    blind = [
        member.system
        for member in below
        if isinstance(config := checked[member][0], FinetuneConfig) and config.select_on == "test"
    ]
    searches = vote.search and vote.select_on == "validation"
    if blind and (searches or vote.rule == "weighted"):
        needing = "`search`" if searches else "`rule='weighted'`"
        raise FeatxError(
            f"{blind[0]} has no validation predictions (`select_on='test'`), which {needing} needs."
        )
    return vote


def _below(plan: Plan, run: PlannedRun) -> list[PlannedRun]:
    """Return the members of a vote and, where they are votes, the members of these."""
    members = plan.members(run)
    return [run for member in members for run in (member, *_below(plan, member))]


def _check_seeds(plan: Plan, run: PlannedRun, vote: VoteConfig, checked: Checked) -> None:
    seeds = [_seeds(plan, member, checked) for member in plan.members(run)]
    if len(set(seeds) - {1}) > 1 and not vote.over_seeds:
        counts = ", ".join(f"{name} {count}" for name, count in zip(run.needs, seeds, strict=True))
        raise FeatxError(
            f"its systems have different numbers of seeds ({counts}). Give all the same number or "
            "1, or let every seed vote with `over_seeds=true`."
        )
    voters = sum(seeds) if vote.over_seeds else len(seeds)
    if voters < 2:
        raise FeatxError("a vote takes two systems or more.")
    if vote.search and max(vote.search) > voters:
        raise FeatxError(f"`search={max(vote.search)}`: there are {voters} systems.")


def _seeds(plan: Plan, run: PlannedRun, checked: Checked) -> int:
    """Return how many seeds a run has; a vote has as many as the member with the most."""
    config, _ = checked[run]
    if not isinstance(config, VoteConfig):
        return config.seeds
    if config.over_seeds:
        return 1
    return max(_seeds(plan, member, checked) for member in plan.members(run))


def _check_replacing(run: PlannedRun, where: str, findings: Findings, overwrite: bool) -> None:
    """Add an error if something else is in the place of a run, unless it is to be replaced."""
    if not (run.folder / CONFIG).is_file():
        findings.error(where, f"{run.folder} is no run folder and not empty; move it away")
    elif overwrite:
        findings.warn(where, f"{run.folder} has another config and will be replaced")
    else:
        findings.error(
            where,
            f"{run.folder} holds a run of another config; `overwrite` replaces it, and another "
            "name of the experiment or the system keeps both",
        )
