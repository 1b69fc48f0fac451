"""The config of each of an experiment's runs."""

from collections.abc import Mapping
from typing import Any

from featx.data.augmentation.settings import find_augmentation
from featx.experiments.planning.plan import Case, Plan, PlannedRun, manifest_path
from featx.experiments.settings.tables import Search
from featx.finetuning.config import FinetuneConfig, finetune_config
from featx.fitting.config import FitConfig, head_config
from featx.protocols.protocol import Protocol
from featx.protocols.task import Task
from featx.tuning.config import SearchSettings, TuneConfig
from featx.tuning.sampler import require_optuna
from featx.tuning.space import read_space
from featx.utils.config import check_config
from featx.voting.config import VoteConfig
from featx.voting.settings import Predicted, check_settings, usual_rule

Protocols = Mapping[Case, Protocol]
Config = FitConfig | FinetuneConfig | VoteConfig


def fit_settings(plan: Plan, run: PlannedRun, protocols: Protocols) -> FitConfig:
    """Return the config of a run that fits a head, or searches its settings.

    Raises:
        FeatxError: if there is no such head or setting, or it takes other features.
    """
    head = plan.experiment.heads[run.system]
    stores = plan.stores_of(run)
    _, *joined = plan.experiment.members(run.case.corpus)
    data = {
        **_shared(plan, run, protocols),
        "joined": [str(manifest_path(plan.experiment, name)) for name in joined],
        "features": [str(store.folder) for store in stores if not store.augment],
        "augmented": [str(store.folder) for store in stores if store.augment],
        "layers": head.layers,
        "normalize": head.normalize,
        "skip_missing": False,
        "final": head.final,
    }
    config = head_config(head.head, data, head.settings)
    return _searching(config, head.tune) if head.tune else config


def _searching(config: FitConfig, search: Search) -> TuneConfig:
    """Return the config of a search of a head's settings.

    Raises:
        FeatxError: if Optuna is not installed, or there is no such space.
    """
    require_optuna()
    space = read_space(search.space or None, config)
    how = SearchSettings(**{**dict(search), "space": space})
    return check_config({**config.to_table(), "search": how.to_table()}, TuneConfig, "tune")


def tuning_settings(plan: Plan, run: PlannedRun, protocols: Protocols) -> FinetuneConfig:
    """Return the config of a run that fine-tunes an encoder.

    Raises:
        FeatxError: if there is no such setting, or its value can't be used.
    """
    tuning = plan.experiment.finetunings[run.system]
    data = {
        **_shared(plan, run, protocols),
        "model": tuning.model,
        "revision": tuning.revision,
        "normalize_waveform": tuning.normalize_waveform,
        "mode": tuning.mode,
        "head": {"kind": tuning.head, "pooling": tuning.pooling},
        "select_on": tuning.select_on,
        "save": tuning.save,
    }
    if tuning.augment:
        data["augmentation"] = find_augmentation("augment", tuning.augment).to_table()
    return finetune_config(data, tuning.settings)


def predicted_of(task: Task) -> Predicted:
    """Return what systems that learn a task predict."""
    if task.dimensions:
        return "numbers"
    return "labels" if task.several else "classes"


def vote_settings(plan: Plan, run: PlannedRun, predicted: Predicted) -> VoteConfig:
    """Return the config of a run that holds a vote.

    Args:
        plan: the experiment's plan.
        run: the run.
        predicted: what its systems predict.

    Raises:
        FeatxError: if a value can't be used, or has no meaning for what systems predict.
    """
    table: dict[str, Any] = plan.experiment.votes[run.system].model_dump()
    table["systems"] = [str(plan.run(run.case, system).folder) for system in run.needs]
    table["rule"] = table["rule"] or usual_rule(predicted)
    config = check_config(table, VoteConfig, run.name)
    check_settings(config, predicted, run.needs[0])
    return config


def seeds_of(plan: Plan, system: str) -> int:
    """Return how many models are trained for each fold of a head or fine-tuning."""
    return plan.experiment.systems[system].seeds or plan.experiment.seeds


def _shared(plan: Plan, run: PlannedRun, protocols: Protocols) -> dict[str, Any]:
    corpus = plan.experiment.corpora[run.case.corpus]
    return {
        "manifest": str(
            manifest_path(plan.experiment, plan.experiment.members(run.case.corpus)[0])
        ),
        "seconds": corpus.seconds,
        "keep_duplicates": corpus.keep_duplicates,
        "protocol": protocols[run.case].model_dump(mode="json"),
        "seeds": seeds_of(plan, run.system),
    }
