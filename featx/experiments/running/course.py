"""The course of an experiment: features, then systems, then the report."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from safetensors import SafetensorError

from cache import as_disk_full
from featx.engines.engine import Engine
from featx.errors import FeatxError, Interrupted
from featx.experiments.checking.corpora import bring_manifest
from featx.experiments.checking.systems import find_state
from featx.experiments.checking.validate import Inspection
from featx.experiments.errors import PartsFailed
from featx.experiments.planning.plan import Plan, PlannedRun, Store
from featx.experiments.running.ahead import Ahead
from featx.experiments.running.steps import extract_store, make_run
from featx.features.encoders.devices import is_out_of_memory
from featx.fitting.training.actors import train_on
from featx.fitting.training.train import Trainers
from featx.layer_analysis.headline import form_of, headline, name_of, unit_of
from featx.reporting.report import report as write_report
from featx.utils.text import is_warning

log = logging.getLogger("featx")


class Course:
    """The course of an experiment: each part in turn, whatever became of those before.

    Attributes:
        failures: why a part failed, by the part's name.
    """

    def __init__(self, inspection: Inspection, plan: Plan, overwrite: bool, engine: Engine) -> None:
        self._inspection, self._plan, self._overwrite = inspection, plan, overwrite
        self._engine = engine
        self._failed: set[tuple[str, str]] = set()  # corpus and features
        self._done: list[PlannedRun] = []
        self.failures: dict[str, FeatxError] = {}

    def run(self) -> Path:
        """Do everything, and write the report on what could be done."""
        experiment = self._plan.experiment
        for name, corpus in experiment.corpora.items():
            if not corpus.is_joined:
                bring_manifest(experiment, name, self._overwrite)
        for number, store in enumerate(self._plan.stores, 1):
            title = f"Features {number} of {len(self._plan.stores)}: {store.folder}"
            if not self._try(title, str(store.folder), partial(self._extract, store)):
                self._failed.add((store.corpus, store.name))
        with train_on(self._engine) as trainers:
            ahead = Ahead(trainers, self._inspection, self._plan)
            for number, run in enumerate(self._plan.runs, 1):
                title = f"System {number} of {len(self._plan.runs)}: {run.name}"
                ahead.go_on()
                lacking = self._lacking(run)
                if lacking:
                    self._fail(run.name, FeatxError(f"needs {', '.join(lacking)}"))
                elif self._try(title, run.name, partial(self._make, run, trainers)):
                    self._done.append(run)
        if not self._done:
            raise self._error("there is nothing to report")
        return self._report(experiment.page)

    def _report(self, page: Path) -> Path:
        """Write the report; raise an error if the report, or a part before it, failed."""
        folders = [run.folder for run in self._done]
        by = self._plan.experiment.report.by
        if not self._guard("report", lambda: write_report(folders, page, by=by)):
            raise self._error("the others are done")
        log.info("Report: %s", page)
        if self.failures:
            raise self._error(f"the others are in {page}")
        return page

    def _try(self, title: str, name: str, work: Callable[[], str]) -> bool:
        """Do a part of the work, and say how it ended; return whether it succeeded."""
        log.info("%s", title)
        return self._guard(name, lambda: log.info("  %s", work()))

    def _guard(self, name: str, work: Callable[[], object]) -> bool:
        """Do something, and note why if it fails; return whether it succeeded."""
        try:
            work()
        except Exception as error:
            problem = as_problem(error)
            if problem is None:
                raise
            self._fail(name, problem)
            return False
        return True

    def _fail(self, name: str, problem: FeatxError) -> None:
        self.failures[name] = problem
        log.info("  Failed: %s: %s", name, problem)

    def _error(self, rest: str) -> FeatxError:
        return PartsFailed(self.failures, rest)

    def _lacking(self, run: PlannedRun) -> list[str]:
        """Return what a run needs that has failed."""
        if run in self._plan.heads:
            stores = self._plan.stores_of(run)
            return [own.name for own in stores if (own.corpus, own.name) in self._failed]
        done = {other.system for other in self._done if other.case == run.case}
        return [name for name in run.needs if name not in done]

    def _extract(self, store: Store) -> str:
        return extract_store(store, self._inspection.manifests[store.corpus], self._engine)

    def _make(self, run: PlannedRun, trainers: Trainers) -> str:
        """Make a run that is not there yet, and say how well its system does."""
        config, _ = self._inspection.checked[run]
        state = find_state(run.folder, config.to_toml())
        manifest = self._inspection.manifests[run.case.corpus]
        try:
            replacing = self._overwrite and state == "other"
            results = make_run(self._plan, run, config, manifest, replacing, trainers)
        except Interrupted:
            raise
        except FeatxError:
            if not self._overwrite or state != "done":
                raise
            state = "other"  # what it was made from has changed
            results = make_run(self._plan, run, config, manifest, True, trainers)
        score, form = headline(results), form_of(results)
        spread = f" ± {score.std:{form}}" if results.seeds > 1 else ""
        before = ", done before" if state == "done" else ""
        warnings = "".join(f"\n  {remark}" for remark in results.remarks if is_warning(remark))
        unit = unit_of(results)
        return f"{name_of(results)} {score.mean:{form}}{spread}{unit}{before}{warnings}"


def as_problem(error: Exception) -> FeatxError | None:
    """Return why a part failed.

    Returns:
        None for Ctrl-C, and for errors that neither the part's input nor the machine is to blame
        for.
    """
    if isinstance(error, FeatxError):
        return None if isinstance(error, Interrupted) else error
    if full := as_disk_full(error):
        return full
    if isinstance(error, OSError):
        return FeatxError(f"{error.filename or 'input or output'}: {error.strerror or error}")
    lacks_memory = isinstance(error, RuntimeError) and is_out_of_memory(error)
    if lacks_memory or isinstance(error, MemoryError):
        return FeatxError("out of memory; smaller batches take less, and so does another device")
    if _unwritten(error):
        return FeatxError(f"a model could not be written; is the disk full? ({error})")
    return None


def _unwritten(error: Exception) -> bool:
    """Tell whether an error means that a model could not be written; each writer has its own."""
    if isinstance(error, SafetensorError):
        return "I/O error" in str(error)
    said_by_torch = any(words in str(error) for words in ("inline_container", "iostream error"))
    return isinstance(error, RuntimeError) and said_by_torch
