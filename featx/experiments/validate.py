"""Everything about an experiment that can be known before any work."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from featx.data.manifest import Manifest
from featx.errors import Interrupted
from featx.experiments.config import Experiment, read_experiment
from featx.experiments.corpora import check_case, find_protocol, peek_manifest
from featx.experiments.disk import check_space, existing
from featx.experiments.features import Known, check_store
from featx.experiments.findings import Findings
from featx.experiments.plan import Case, Plan, make_plan
from featx.experiments.systems import Checked, Protocols, check_systems
from featx.finetuning.processes import count_processes
from featx.protocols.task import Task
from featx.reporting.page import check_replaceable
from featx.utils.config import ConfigError


@dataclass(frozen=True)
class Inspection:
    """What a check of an experiment found.

    Attributes:
        findings: errors and warnings.
        plan: what runs; None if the file can't be used, and then the rest is empty.
        manifests: by corpus, of those that can be used.
        protocols: by case.
        tasks: likewise, the corpora divided.
        known: of features, by corpus and name.
        checked: config of each run, and how far it is.
        nbytes: of disk that is still needed.
    """

    findings: Findings
    plan: Plan | None
    manifests: Mapping[str, Manifest]
    protocols: Protocols
    tasks: Mapping[Case, Task]
    known: Mapping[tuple[str, str], Known]
    checked: Checked
    nbytes: int = 0


def inspect(path: Path, overwrite: bool = False) -> Inspection:
    """Check files, labels, division, disk, weights and settings of an experiment.

    Nothing is written.

    Args:
        path: the experiment's TOML.
        overwrite: whether runs of another config, and lists of a changed corpus, are replaced.

    Raises:
        Interrupted: on Ctrl-C.
    """
    try:
        return _inspect(path, overwrite)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted while checking; nothing was done.") from None


def _inspect(path: Path, overwrite: bool) -> Inspection:
    findings = Findings()
    try:
        experiment = read_experiment(path)
    except ConfigError as error:
        findings.error("file", str(error))
        return Inspection(findings, None, {}, {}, {}, {}, {})
    plan, problems = make_plan(experiment)
    for where, text in problems.items():
        findings.error(where, text)
    if count_processes() > 1:
        findings.error("processes", "torchrun is for `featx finetune`; run this in one process")
    _check_page(experiment.page, findings)
    manifests = _peek(experiment, overwrite, findings)
    protocols, tasks = _divide(plan, manifests, findings)
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
    """Find an error if the report can't be written."""
    with findings.at("report.out"):
        check_replaceable(page)
    folder = existing(page.parent)
    if not folder.is_dir():
        findings.error("report.out", f"{page}: {folder} is no folder; name another place")
    elif not os.access(folder, os.W_OK | os.X_OK):
        findings.error("report.out", f"{page}: {folder} can't be written to; name another place")


def _peek(experiment: Experiment, overwrite: bool, findings: Findings) -> dict[str, Manifest]:
    manifests = {}
    for name in experiment.corpora:
        with findings.at(f"corpora.{name}"):
            built = peek_manifest(experiment, name, overwrite)
            manifests[name] = built.manifest
            for note in built.notes:
                findings.warn(f"corpora.{name}", note)
    return manifests


def _divide(
    plan: Plan, manifests: Mapping[str, Manifest], findings: Findings
) -> tuple[Protocols, Mapping[Case, Task]]:
    protocols, tasks = {}, {}
    for case in plan.cases:
        manifest = manifests.get(case.corpus)
        if manifest is None:
            continue
        with findings.at(f"corpora.{case.corpus}"):
            protocols[case] = find_protocol(case, manifest)
            if task := check_case(case, manifest, protocols[case], findings):
                tasks[case] = task
    return protocols, tasks
