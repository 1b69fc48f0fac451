"""How much disk an experiment takes, and whether it is there."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import torch

from cache import existing, free_bytes, need_and_free
from featx.experiments.checking.findings import Findings
from featx.experiments.checking.stores import Known
from featx.experiments.checking.systems import Checked
from featx.experiments.planning.plan import Case, Plan
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.checkpoints.model_config import read_model_config
from featx.features.encoders.families import family_of
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.shape import read_shape
from featx.features.stores.folders import ROOT as FEATURES
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.model import assemble
from featx.finetuning.training.resources import tuning_bytes
from featx.protocols.task import Task
from featx.runs.cost import folder_bytes
from featx.runs.files import MEMBERS, MODELS
from featx.runs.folder import ROOT as RUNS


def check_space(
    plan: Plan,
    known: Mapping[tuple[str, str], Known],
    checked: Checked,
    tasks: Mapping[Case, Task],
    findings: Findings,
) -> int:
    """Return how many bytes an experiment still takes; add an error if fewer are free.

    Features and saved models add up; checkpoints are only there while their fine-tuning runs.

    Args:
        plan: the experiment's plan.
        known: what is known of the features, by corpus and name.
        checked: the config of each run, and how far the run is.
        tasks: the divided corpora, by case.
        findings: where errors are added.
    """
    features = sum(store.nbytes for store in known.values())
    models = _model_bytes(plan, checked, tasks, findings)
    needed: Counter[int] = Counter()
    places: dict[int, Path] = {}  # a folder on each disk
    for root, nbytes in ((RUNS, models), (FEATURES, features)):
        place = existing(root)
        disk = place.stat().st_dev
        needed[disk] += nbytes
        places[disk] = place
    for disk, place in places.items():
        free = free_bytes(place)
        if needed[disk] > free:
            findings.error(
                "disk",
                f"no room for features and models under {place}: "
                f"{need_and_free(needed[disk], free)}. Make room, work on another disk, take fewer "
                'layers, or save = "none".',
            )
    return features + models


def _model_bytes(
    plan: Plan, checked: Checked, tasks: Mapping[Case, Task], findings: Findings
) -> int:
    """Return the bytes of models still to be saved, plus those of the largest checkpoints."""
    kept, passing = 0, 0
    for run in plan.finetunings:
        config, state = checked.get(run, (None, "done"))
        if not isinstance(config, FinetuneConfig) or state == "done":
            continue
        with findings.at(plan.table(run)):
            models, checkpoints = _tuning_bytes(config, tasks[run.case])
            if state == "begun":  # another run stays until this one takes its place
                models -= sum(folder_bytes(run.folder / part) for part in (MEMBERS, MODELS))
            kept += max(0, models)
            passing = max(passing, checkpoints)
    return kept + passing


def _tuning_bytes(config: FinetuneConfig, task: Task) -> tuple[int, int]:
    """Return the bytes of a fine-tuning's saved models, and of its checkpoints while it runs.

    The model is built without its weights, because its shape is enough.
    """
    folder = find_checkpoint(config.model, config.revision or None).folder
    shape, about = read_shape(folder), read_model_config(folder)
    with torch.device("meta"):
        encoder = family_of(about).untrained(about)
        extractor, classes = load_extractor(folder), len(task.classes or task.dimensions)
        model = assemble(
            encoder, extractor, shape, config.head, classes, config.mode, config.adapters
        )
    weights = sum(tensor.numel() for tensor in model.parameters())
    trained = sum(tensor.numel() for tensor in model.parameters() if tensor.requires_grad)
    several = config.seeds * len(task.folds)
    saved = {"none": 0, "best": min(2, several), "all": several}[config.save]
    saved_alone = trained if config.adapters else weights
    model_bytes, checkpoints = tuning_bytes(saved_alone, trained)
    return saved * model_bytes, checkpoints
