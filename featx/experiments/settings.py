"""The configs of an experiment's runs, as `featx fit`, `finetune` and `vote` make theirs."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from featx.config import check_config
from featx.errors import FeatxError
from featx.experiments.plan import Case, Plan, Run, manifest_path
from featx.finetuning.config import FinetuneConfig, finetune_config
from featx.fit_config import FitConfig, head_config
from featx.protocols import Protocol
from featx.run_reading import CONFIG, is_unfinished, read_config
from featx.voting.config import VoteConfig

Protocols = Mapping[Case, Protocol]
State = Literal["new", "begun", "done", "other"]


def fit_settings(plan: Plan, run: Run, protocols: Protocols) -> FitConfig:
    """Return the config of a head.

    Raises:
        FeatxError: if a setting, the head or its features can't be.
    """
    head = plan.experiment.heads[run.system]
    data = {
        **_shared(plan, run, protocols),
        "features": [str(plan.store(run.case.corpus, name).folder) for name in head.features],
        "layers": head.layers,
        "normalize": head.normalize,
        "skip_missing": False,
    }
    return head_config(head.head, data, head.settings)


def tuning_settings(plan: Plan, run: Run, protocols: Protocols) -> FinetuneConfig:
    """Return the config of a fine-tuning.

    Raises:
        FeatxError: if a setting can't be.
    """
    tuning = plan.experiment.finetunings[run.system]
    data = {
        **_shared(plan, run, protocols),
        "model": tuning.model,
        "revision": tuning.revision,
        "mode": tuning.mode,
        "head": {"kind": tuning.head, "pooling": tuning.pooling},
        "select_on": tuning.select_on,
        "save": tuning.save,
    }
    return finetune_config(data, tuning.settings)


def vote_settings(plan: Plan, run: Run) -> VoteConfig:
    """Return the config of a vote.

    Raises:
        FeatxError: if it can't be.
    """
    table: dict[str, Any] = plan.experiment.votes[run.system].model_dump()
    table["systems"] = [str(plan.run(run.case, system).folder) for system in run.needs]
    return check_config(table, VoteConfig, run.name)


def seeds_of(plan: Plan, system: str) -> int:
    """Return how many models a fold a system that is trained has."""
    return plan.experiment.systems[system].seeds or plan.experiment.seeds


def find_state(folder: Path, config: str) -> State:
    """Tell how far a run is: "other" is a run, or what is no run, in its place.

    Args:
        folder: of the run.
        config: the text of its config.
    """
    if not (folder / CONFIG).is_file():
        return "other" if folder.exists() and (folder.is_file() or any(folder.iterdir())) else "new"
    try:
        if read_config(folder) != tomllib.loads(config):
            return "other"
    except FeatxError:  # damaged
        return "other"
    return "begun" if is_unfinished(folder) else "done"


def _shared(plan: Plan, run: Run, protocols: Protocols) -> dict[str, Any]:
    return {
        "manifest": str(manifest_path(plan.experiment, run.case.corpus)),
        "seconds": plan.experiment.corpora[run.case.corpus].seconds,
        "protocol": protocols[run.case].model_dump(mode="json"),
        "seeds": seeds_of(plan, run.system),
    }
