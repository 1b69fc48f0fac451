"""Run an experiment: what is missing, and nothing twice."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from safetensors import SafetensorError

from featx.errors import FeatxError, Interrupted
from featx.experiments.corpora import bring_manifest
from featx.experiments.features import extractor_of, is_complete, length_limit
from featx.experiments.plan import Plan, Run, Store
from featx.experiments.systems import Config, find_state
from featx.experiments.text import to_text
from featx.experiments.validate import Inspection, inspect
from featx.features.encoders.devices import find_devices, is_out_of_memory
from featx.features.extract import extract
from featx.features.plan import plan_extraction
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.resources import find_surroundings
from featx.finetuning.run import run_finetune
from featx.fitting.config import FitConfig
from featx.fitting.fit import Resources
from featx.fitting.run import run_fit
from featx.scoring.results import Results
from featx.utils.text import counted

Say = Callable[[str], None]


def run_experiment(path: Path, say: Say = print, overwrite: bool = False) -> Path:
    """Run what is missing of an experiment, and write its report.

    Everything is checked first. A part that fails leaves those that don't need it.

    Args:
        path: the experiment's TOML.
        say: told what is being done.
        overwrite: replace runs of another config or of data that have changed.

    Returns:
        The report.

    Raises:
        FeatxError: if the check finds an error, and then nothing is done; or if a part
            failed, after all others and the report are done.
        Interrupted: on Ctrl-C; the same call goes on.
    """
    inspection = inspect(path, overwrite)
    plan = inspection.plan
    if plan is None or inspection.findings.errors:
        raise FeatxError(f"{path} can't run as it is:\n{to_text(inspection)}\nNothing was run.")
    say(to_text(inspection))
    try:
        return _Course(inspection, plan, say, overwrite).run()
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. The same command goes on from there.") from None


class _Course:
    """The course of an experiment.

    Attributes:
        failures: why a part failed, by its name in messages.
    """

    def __init__(self, inspection: Inspection, plan: Plan, say: Say, overwrite: bool) -> None:
        self._inspection, self._plan, self._say = inspection, plan, say
        self._overwrite = overwrite
        self._failed: set[tuple[str, str]] = set()  # corpus and features
        self._done: list[Run] = []
        self.failures: dict[str, str] = {}

    def run(self) -> Path:
        """Do everything, and write the report of what could be done."""
        experiment = self._plan.experiment
        for name in experiment.corpora:
            bring_manifest(experiment, name, self._overwrite)
        for number, store in enumerate(self._plan.stores, 1):
            title = f"Features {number} of {len(self._plan.stores)}: {store.folder}"
            if not self._try(title, str(store.folder), partial(self._extract, store)):
                self._failed.add((store.corpus, store.name))
        for number, run in enumerate(self._plan.runs, 1):
            title = f"System {number} of {len(self._plan.runs)}: {run.name}"
            lacking = self._lacking(run)
            if lacking:
                self._fail(run.name, f"needs {', '.join(lacking)}")
            elif self._try(title, run.name, partial(self._do, run)):
                self._done.append(run)
        if not self._done:
            raise self._error("there is nothing to report")
        return self._report(experiment.page)

    def _report(self, page: Path) -> Path:
        """Write the report; raise an error if it, or a part before it, failed."""
        from featx.reporting.page import write_report

        folders = [run.folder for run in self._done]
        if not self._guard("report", lambda: write_report(folders, page)):
            raise self._error("the others are done")
        self._say(f"Report: {page}")
        if self.failures:
            raise self._error(f"the others are in {page}")
        return page

    def _try(self, title: str, name: str, work: Callable[[], str]) -> bool:
        """Do a part of the work, and say how it ended; return whether it did not fail."""
        self._say(title)
        return self._guard(name, lambda: self._say(f"  {work()}"))

    def _guard(self, name: str, work: Callable[[], object]) -> bool:
        """Do something; return whether it did not fail."""
        try:
            work()
        except Exception as error:
            why = explain(error)
            if not why:
                raise
            self._fail(name, why)
            return False
        return True

    def _fail(self, name: str, why: str) -> None:
        self.failures[name] = why
        self._say(f"  Failed: {name}: {why}")

    def _error(self, rest: str) -> FeatxError:
        lines = "\n".join(f"  {name}: {why.splitlines()[0]}" for name, why in self.failures.items())
        failed = counted(len(self.failures), "part")
        return FeatxError(f"{failed} failed; {rest}:\n{lines}")

    def _lacking(self, run: Run) -> list[str]:
        """Return what a run needs and has failed."""
        if run in self._plan.heads:
            return [one for one in run.needs if (run.case.corpus, one) in self._failed]
        done = {one.system for one in self._done if one.case == run.case}
        return [one for one in run.needs if one not in done]

    def _extract(self, store: Store) -> str:
        manifest = self._inspection.manifests[store.corpus]
        if is_complete(store, manifest):
            return "done before"
        extractor = extractor_of(store, dry_run=False)
        dtype = store.features.dtype or extractor.dtype
        limit = length_limit(store)
        plan = plan_extraction(manifest, extractor.shape, dtype, extractor.layers, limit)
        extraction = extract(plan, extractor, store.folder, self._say)
        if extraction.failures:
            raise FeatxError(extraction.describe())
        return extraction.describe()

    def _do(self, run: Run) -> str:
        """Do a run that is not done, and say how well it does."""
        config, _ = self._inspection.checked[run]
        state = find_state(run.folder, config.to_toml())
        try:
            results = self._work(run, config, self._overwrite and state == "other")
        except Interrupted:
            raise
        except FeatxError:
            if not self._overwrite or state != "done":
                raise
            state = "other"  # its inputs have changed
            results = self._work(run, config, overwrite=True)
        score = results.scores["uar"]
        spread = f" ± {score.std:.1f}" if results.seeds > 1 else ""
        before = ", done before" if state == "done" else ""
        return f"UAR {score.mean:.1f}{spread} %{before}"

    def _work(self, run: Run, config: Config, overwrite: bool) -> Results:
        experiment = self._plan.experiment
        if isinstance(config, FitConfig):
            device = find_devices(experiment.heads[run.system].device, "1")[0]
            return run_fit(config, run.folder, overwrite, Resources(device))
        if isinstance(config, FinetuneConfig):
            tuning = experiment.finetunings[run.system]
            found = find_surroundings(config, tuning.device, tuning.track)
            results = run_finetune(config, run.folder, overwrite, found)
            assert results is not None, "one process, which leads"
            return results
        from featx.voting.run import run_vote

        return run_vote(config, run.folder, overwrite)


def explain(error: Exception) -> str:
    """Say why a part failed.

    Returns:
        Nothing for Ctrl-C, and for what is no fault of a part's input or of the machine.
    """
    if isinstance(error, Interrupted):
        return ""
    if isinstance(error, FeatxError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'input or output'}: {error.strerror or error}"
    lacks_memory = isinstance(error, RuntimeError) and is_out_of_memory(error)
    if lacks_memory or isinstance(error, MemoryError):
        return "out of memory; smaller batches take less, and so does another device"
    return f"a model could not be written; is the disk full? ({error})" if _unwritten(error) else ""


def _unwritten(error: Exception) -> bool:
    """Tell whether a model could not be written, for which its writers have errors of their own."""
    if isinstance(error, SafetensorError):
        return "I/O error" in str(error)
    said_by_torch = any(words in str(error) for words in ("inline_container", "iostream error"))
    return isinstance(error, RuntimeError) and said_by_torch
