"""Run an experiment: what is missing, and nothing twice."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from safetensors import SafetensorError

from cache import as_disk_full, writing
from featx.engines.choices import EngineName
from featx.engines.engine import Engine
from featx.errors import FeatxError, Interrupted
from featx.experiments.ahead import Ahead
from featx.experiments.config import read_experiment
from featx.experiments.corpora import bring_manifest
from featx.experiments.findings import Explain
from featx.experiments.plan import Plan, PlannedRun, Store
from featx.experiments.steps import extract_store, make_run
from featx.experiments.systems import find_state
from featx.experiments.text import to_text
from featx.experiments.validate import Inspection, validate
from featx.features.encoders.devices import is_out_of_memory
from featx.fitting.actors import train_on
from featx.fitting.train import Trainers
from featx.reporting.page import report as write_report
from featx.utils.arguments import checked
from featx.utils.config import ConfigError
from featx.utils.text import counted, is_warning

log = logging.getLogger("featx")


class ExperimentError(FeatxError):
    """An experiment that can't run as it is, so that nothing of it was run.

    Attributes:
        inspection: what the check found.
    """

    def __init__(self, path: Path, inspection: Inspection) -> None:
        self.path, self.inspection = path, inspection
        super().__init__(self.to_text())

    def to_text(self, explain: Explain = str) -> str:
        """Return what would run and every finding, each problem as `explain` writes it."""
        found = to_text(self.inspection, explain)
        return f"{self.path} can't run as it is:\n{found}\nNothing was run."


class PartsFailed(FeatxError):
    """Parts of an experiment that failed, while the others were done.

    Attributes:
        failures: why each failed, by the part's name.
    """

    def __init__(self, failures: Mapping[str, FeatxError], rest: str) -> None:
        self.failures, self._rest = failures, rest
        super().__init__(self.to_text())

    def to_text(self, explain: Explain = str) -> str:
        """Return the first line on each part, each problem as `explain` writes it."""
        lines = [f"  {name}: {explain(why).splitlines()[0]}" for name, why in self.failures.items()]
        failed = counted(len(self.failures), "part")
        return "\n".join([f"{failed} failed; {self._rest}:", *lines])


@checked
def run(
    experiment: str | Path,
    overwrite: bool = False,
    engine: EngineName = "local",
    address: str | None = None,
) -> Path:
    """Run what is missing of an experiment, and write its report.

    Everything is checked first. A part that fails leaves those that don't need it. What was done
    before is not done again.

    Args:
        experiment: the TOML file that describes the experiment; see docs/experiments.md.
        overwrite: replace runs of another config, runs of data that have changed, and manifests
            of corpora that have changed.
        engine: "local" computes in this process, "ray" on the machines of a Ray cluster: features
            by shards, heads by seeds, folds and systems. Results are the same.
        address: the Ray cluster to join; by default this machine alone.

    Returns:
        The path of the report.

    Raises:
        ExperimentError: if the check finds an error; then nothing was run.
        InUseError: if another process is running it.
        PartsFailed: if a part failed, after all others and the report are done.
        Interrupted: on Ctrl-C; the same call goes on from there.

    Example:
        >>> from pathlib import Path
        >>> text = '''
        ... [corpora.demo]
        ... path = "manifest.csv"
        ... [heads.plain]
        ... head = "linear"
        ... features = ["encoder"]
        ... '''
        >>> _ = Path("first.toml").write_text(text)
        >>> featx.run("first.toml")
    """
    path = Path(experiment)
    with _alone(path):
        return _run(path, overwrite, Engine(engine, address))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep others from running the experiment until the block ends."""
    try:
        experiment = read_experiment(path)
    except ConfigError:  # the check says so
        yield
        return
    doing = f"running the experiment {experiment.name}"
    with writing(experiment.page, doing, within=False, instead="another name of the experiment"):
        yield


def _run(path: Path, overwrite: bool, engine: Engine) -> Path:
    inspection = validate(path, overwrite)
    plan = inspection.plan
    if plan is None or inspection.findings.errors:
        raise ExperimentError(path, inspection)
    log.info("%s", to_text(inspection))
    try:
        with engine:
            return _Course(inspection, plan, overwrite, engine).run()
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. Run the experiment again to go on from there.") from None


class _Course:
    """The course of an experiment.

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
        for name in experiment.corpora:
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
        if not self._guard("report", lambda: write_report(folders, page)):
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
            return [name for name in run.needs if (run.case.corpus, name) in self._failed]
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
        score = results.scores["uar"]
        spread = f" ± {score.std:.1f}" if results.seeds > 1 else ""
        before = ", done before" if state == "done" else ""
        warnings = "".join(f"\n  {remark}" for remark in results.remarks if is_warning(remark))
        return f"UAR {score.mean:.1f}{spread} %{before}{warnings}"


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
