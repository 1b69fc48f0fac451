"""What a check of an experiment found, as text."""

from collections.abc import Iterator
from typing import Any

from cache import describe_bytes
from featx.experiments.checking.findings import Explain
from featx.experiments.checking.validate import Inspection
from featx.experiments.planning.plan import Plan, PlannedRun
from featx.experiments.planning.run_configs import predicted_of
from featx.protocols.task import Task
from featx.utils.text import counted
from featx.voting.config import VoteConfig

STATES = {
    "new": "to do",
    "begun": "begun before, will be continued",
    "done": "done before",
    "other": "another run is there",
}


def to_text(inspection: Inspection, explain: Explain = str) -> str:
    """Return what would run, and every finding below it, each problem as `explain` writes it."""
    lines = [] if inspection.plan is None else list(_summary(inspection, inspection.plan))
    lines += [finding.to_text(explain) for finding in inspection.findings]
    errors = len(inspection.findings.errors)
    warnings = counted(len(inspection.findings) - errors, "warning")
    return "\n".join([*lines, f"{counted(errors, 'error')}, {warnings}."])


def to_json(inspection: Inspection, explain: Explain = str) -> dict[str, Any]:
    """Return what would run, and every finding, as JSON values."""
    found: dict[str, list[dict[str, str]]] = {"errors": [], "warnings": []}
    for finding in inspection.findings:
        kind = "errors" if finding.is_error else "warnings"
        found[kind].append({"where": finding.where, "problem": explain(finding.problem)})
    runs = [
        {"run": str(run.folder), "state": state, "models": _models(inspection, run)}
        for run, (_, state) in inspection.checked.items()
    ]
    return {**found, "runs": runs, "bytes": inspection.nbytes}


def _summary(inspection: Inspection, plan: Plan) -> Iterator[str]:
    experiment = plan.experiment
    yield f"Experiment {experiment.name}" + (f": {experiment.title}" if experiment.title else "")
    for name, manifest in inspection.manifests.items():
        speakers = {utterance.speaker for utterance in manifest.utterances} - {""}
        found = counted(len(manifest.utterances), "utterance")
        yield f"  corpus {name}: {found}, {counted(len(speakers), 'speaker')}, {manifest.path}"
    for case, task in inspection.tasks.items():
        name = case.protocol or inspection.protocols[case].title
        kept = counted(len(task.utterances), "utterance")
        yield (
            f"  protocol {name} on {case.corpus}: {kept}, {_learned(task)}, "
            f"{counted(len(task.folds), 'fold')}"
        )
    for store in plan.stores:
        known = inspection.known.get((store.corpus, store.name))
        if known:
            size = "done before" if known.done else f"{describe_bytes(known.nbytes)} to extract"
            yield f"  features {store.folder}: {size}"
    for run in plan.runs:
        if run in inspection.checked:
            yield f"  {_describe(inspection, run)}"
    if inspection.checked:
        todo = sum(_models(inspection, run) for run, (_, state) in inspection.checked.items()
                   if state != "done")  # fmt: skip
        yield (
            f"  to do: {counted(todo, 'model')}; {describe_bytes(inspection.nbytes)} of disk; "
            f"report: {experiment.page}"
        )


def _learned(task: Task) -> str:
    return ", ".join(task.dimensions) or f"{len(task.classes)} {predicted_of(task)}"


def _describe(inspection: Inspection, run: PlannedRun) -> str:
    config, state = inspection.checked[run]
    if isinstance(config, VoteConfig):
        return f"vote {run.folder}: {config.rule}, {', '.join(run.needs)}: {STATES[state]}"
    folds = counted(len(inspection.tasks[run.case].folds), "fold")
    seeds = counted(config.seeds, "seed")
    models = counted(_models(inspection, run), "model")
    return f"run {run.folder}: {folds} × {seeds} = {models}: {STATES[state]}"


def _models(inspection: Inspection, run: PlannedRun) -> int:
    config, _ = inspection.checked[run]
    if isinstance(config, VoteConfig):
        return 0
    return config.seeds * len(inspection.tasks[run.case].folds)
