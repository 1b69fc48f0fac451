"""Everything about an experiment that can be known before any work."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cache import existing
from featx.data.listing.list_corpus import Built
from featx.data.manifest import Manifest
from featx.errors import Interrupted
from featx.experiments.checking.corpora import check_case, find_protocol, join_built, peek_manifest
from featx.experiments.checking.disk import check_space
from featx.experiments.checking.findings import Findings
from featx.experiments.checking.stores import Known, check_store
from featx.experiments.checking.systems import Checked, check_systems
from featx.experiments.planning.make_plan import make_plan
from featx.experiments.planning.plan import Case, Plan
from featx.experiments.planning.run_configs import Protocols, predicted_of
from featx.experiments.settings.config import Experiment, read_experiment
from featx.finetuning.training.processes import count_processes
from featx.protocols.task import Task
from featx.reporting.report import check_replaceable
from featx.utils.config import ConfigError
from featx.utils.text import listed, nearest


@dataclass(frozen=True)
class Inspection:
    """What a check of an experiment found.

    Attributes:
        findings: the errors and warnings.
        plan: what the experiment does; None if the file can't be used, and then the rest is empty.
        manifests: the manifests that can be used, by corpus.
        protocols: the protocols, by case.
        tasks: the divided corpora, by case.
        known: what is known of the features, by corpus and name.
        checked: the config of each run, and how far the run is.
        nbytes: how many bytes of disk are still needed.
    """

    findings: Findings
    plan: Plan | None
    manifests: Mapping[str, Manifest]
    protocols: Protocols
    tasks: Mapping[Case, Task]
    known: Mapping[tuple[str, str], Known]
    checked: Checked
    nbytes: int = 0


def validate(experiment: str | Path, overwrite: bool = False) -> Inspection:
    """Check the files, labels, division, disk, weights and settings of an experiment.

    Nothing is written.

    Args:
        experiment: the TOML file that describes the experiment.
        overwrite: check what `run` with `overwrite` would do, which replaces runs of another config
            and manifests of corpora that have changed.

    Returns:
        What would run, and every error and warning.

    Raises:
        Interrupted: on Ctrl-C.
    """
    try:
        return _inspect(Path(experiment), overwrite)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted while checking; nothing was done.") from None


def _inspect(path: Path, overwrite: bool) -> Inspection:
    findings = Findings()
    try:
        experiment = read_experiment(path)
    except ConfigError as error:
        findings.error("file", error.message, error.cure)
        return Inspection(findings, None, {}, {}, {}, {}, {})
    plan, problems = make_plan(experiment)
    for where, text in problems.items():
        findings.error(where, text)
    if count_processes() > 1:
        findings.error("processes", "torchrun only starts fine-tunings; start this without it")
    _check_page(experiment.page, findings)
    corpora = _peek(experiment, overwrite, findings)
    manifests = {name: built.manifest for name, built in corpora.items()}
    protocols, tasks = _divide(plan, corpora, findings)
    _check_reported(experiment, tasks, findings)
    known = {
        (store.corpus, store.name): found
        for store in plan.stores
        if store.corpus in manifests
        and (found := check_store(store, manifests[store.corpus], findings))
    }
    checked = check_systems(plan, tasks, protocols, known, findings, overwrite)
    nbytes = check_space(plan, known, checked, tasks, findings)
    return Inspection(findings, plan, manifests, protocols, tasks, known, checked, nbytes)


def _check_page(page: Path, findings: Findings) -> None:
    """Add an error if the report can't be written."""
    with findings.at("report.out"):
        check_replaceable(page)
    folder = existing(page.parent)
    if not folder.is_dir():
        findings.error("report.out", f"{page}: {folder} is no folder; name another place")
    elif not os.access(folder, os.W_OK | os.X_OK):
        findings.error("report.out", f"{page}: {folder} can't be written to; name another place")


def _check_reported(experiment: Experiment, tasks: Mapping[Case, Task], findings: Findings) -> None:
    """Add an error for what no report can show."""
    learned: dict[str, set[str]] = {}
    for case, task in tasks.items():
        kind = predicted_of(task).replace("labels", "several labels")
        learned.setdefault(kind, set()).add(case.corpus)
    if len(learned) > 1:
        each = (f"{kind} of {listed(sorted(own))}" for kind, own in learned.items())
        findings.error(
            "report",
            f"the corpora teach {' and '.join(each)}, which no report shows together; make an "
            "experiment of each",
        )
    for column in experiment.report.by:
        for case, task in tasks.items():
            if not any(u.column(column) for u in task.utterances):
                known = {name for u in task.utterances for name in u.extra}
                findings.error(
                    "report.by", f"corpora.{case.corpus} has no {column}; {nearest(column, known)}"
                )


def _peek(experiment: Experiment, overwrite: bool, findings: Findings) -> dict[str, Built]:
    corpora: dict[str, Built] = {}
    for name, corpus in experiment.corpora.items():
        if corpus.is_joined:
            continue
        with findings.at(f"corpora.{name}"):
            built = peek_manifest(experiment, name, overwrite)
            corpora[name] = built
            for text in [*built.notes, *(finding.text for finding in built.findings)]:
                findings.warn(f"corpora.{name}", text)
    for name, corpus in experiment.corpora.items():
        members = experiment.members(name)
        if corpus.is_joined and all(member in corpora for member in members):
            with findings.at(f"corpora.{name}"):
                corpora[name] = join_built([corpora[member] for member in members])
    return corpora


def _divide(
    plan: Plan, corpora: Mapping[str, Built], findings: Findings
) -> tuple[Protocols, Mapping[Case, Task]]:
    protocols, tasks = {}, {}
    for case in plan.cases:
        built = corpora.get(case.corpus)
        if built is None:
            continue
        with findings.at(f"corpora.{case.corpus}"):
            protocols[case] = find_protocol(plan.experiment, case, built.manifest)
            if task := check_case(
                plan.experiment, case, built.manifest, protocols[case], built.same, findings
            ):
                tasks[case] = task
    return protocols, tasks
