"""Whether an experiment's heads, fine-tunings and votes can run as they are written."""

from collections.abc import Mapping
from pathlib import Path

from featx.encoders.devices import find_devices
from featx.encoders.loading import load_extractor
from featx.encoders.shape import read_shape
from featx.errors import FeatxError
from featx.experiments.findings import Findings
from featx.experiments.plan import Case, Plan, Run
from featx.experiments.settings import (
    Protocols,
    State,
    find_state,
    fit_settings,
    tuning_settings,
    vote_settings,
)
from featx.experiments.store_checks import Known, weights_missing
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.surroundings import find_surroundings
from featx.finetuning.waveforms import check_usable
from featx.fit_config import FitConfig
from featx.layers import choose_layers
from featx.registry import find_checkpoint
from featx.task import Task
from featx.voting.config import VoteConfig

Config = FitConfig | FinetuneConfig | VoteConfig
Checked = dict[Run, tuple[Config, State]]


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
        plan: of the experiment.
        tasks: the corpora under their protocols.
        protocols: of the cases.
        known: of features, by corpus and name.
        findings: to add to.
        overwrite: whether runs of another config are replaced.

    Returns:
        The config of each run that has one, and how far it is.
    """
    checked: Checked = {}
    for run in (*plan.heads, *plan.finetunings):
        if run.case not in tasks:
            continue
        is_head = run.system in plan.experiment.heads
        where = f"{'heads' if is_head else 'finetunings'}.{run.system}"
        with findings.at(where):
            if is_head:
                config: Config = _check_head(plan, run, protocols, known)
            else:
                config = _check_tuning(plan, run, protocols, tasks[run.case])
            checked[run] = config, _check_place(run, config, where, findings, overwrite)
    for run in plan.votes:
        if run.case not in tasks:
            continue
        with findings.at(f"votes.{run.system}"):
            vote = vote_settings(plan, run)
            _check_vote(plan, run, vote, checked)
            place = _check_place(run, vote, f"votes.{run.system}", findings, overwrite)
            checked[run] = vote, place
    return checked


def _check_head(
    plan: Plan, run: Run, protocols: Protocols, known: Mapping[tuple[str, str], Known]
) -> FitConfig:
    config = fit_settings(plan, run, protocols)
    head = plan.experiment.heads[run.system]
    find_devices(head.device, "1")
    found = [known.get((run.case.corpus, name)) for name in head.features]
    if config.layers != "all" and all(one and one.blocks is None for one in found):
        raise FeatxError(f"layers {config.layers}: {config.models} has one layer; leave it out.")
    for one in found:
        if one:  # else an error has been found there
            choose_layers(config.layers, one.layers, one.blocks)
    return config


def _check_tuning(plan: Plan, run: Run, protocols: Protocols, task: Task) -> FinetuneConfig:
    config = tuning_settings(plan, run, protocols)
    tuning = plan.experiment.finetunings[run.system]
    find_surroundings(config, tuning.device, tuning.track)
    if missing := weights_missing(config.model):
        raise FeatxError(missing)
    folder = find_checkpoint(config.model, config.revision or None).folder
    load_extractor(folder)
    check_usable(task.utterances, read_shape(folder).shortest, config.seconds)
    return config


def _check_vote(plan: Plan, run: Run, vote: VoteConfig, checked: Checked) -> None:
    """Raise a FeatxError if systems can't vote together."""
    if len(set(run.needs)) < len(run.needs):
        raise FeatxError("names a system twice; each votes once.")
    members = [checked.get(plan.run(run.case, name)) for name in run.needs]
    configs = [member[0] for member in members if member]
    if len(configs) < len(members):
        return  # an error has been found there
    seeds = [_seeds(plan, run.case, name, checked) for name in run.needs]
    if len(set(seeds)) > 1 and not vote.over_seeds:
        told = ", ".join(f"{name} {count}" for name, count in zip(run.needs, seeds, strict=True))
        raise FeatxError(
            f"its systems have different numbers of seeds ({told}). Give all the same, or let "
            "every seed vote: over_seeds = true."
        )
    voters = sum(seeds) if vote.over_seeds else len(seeds)
    if voters < 2:
        raise FeatxError("a vote takes two systems or more.")
    if vote.search and max(vote.search) > voters:
        raise FeatxError(f"search {max(vote.search)}: there are {voters} systems.")
    if vote.search or vote.rule == "weighted":
        for name, config in zip(run.needs, configs, strict=True):
            if isinstance(config, FinetuneConfig) and config.select_on == "test":
                raise FeatxError(
                    f"{name} has no validation predictions (select_on is test), which "
                    f"{'search' if vote.search else 'the weighted rule'} needs."
                )


def _seeds(plan: Plan, case: Case, name: str, checked: Checked) -> int:
    """Return how many seeds a system has; a vote has those of its members."""
    run = plan.run(case, name)
    config = checked[run][0]
    if isinstance(config, VoteConfig):
        return 1 if config.over_seeds else _seeds(plan, case, run.needs[0], checked)
    return config.seeds


def _check_place(
    run: Run, config: Config, where: str, findings: Findings, overwrite: bool
) -> State:
    """Return how far a run is; another in its place is an error unless it is to be replaced."""
    state = find_state(run.folder, config.to_toml())
    if state != "other":
        return state
    is_run = Path(run.folder / "config.toml").is_file()
    if not is_run:
        findings.error(where, f"{run.folder} is no run folder and not empty; move it away")
    elif overwrite:
        findings.warn(where, f"{run.folder} has another config and will be replaced")
    else:
        findings.error(
            where,
            f"{run.folder} holds a run of another config; --overwrite replaces it, another name "
            "of the experiment or the system keeps both",
        )
    return state
