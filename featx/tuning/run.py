"""A search as a run folder: in each fold its own settings, tested once they are chosen."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from classifiers.cores import Worker
from featx.data.manifest import Manifest
from featx.features.encoders.devices import Compute
from featx.fitting.config import FitConfig
from featx.fitting.heads.member import Member
from featx.fitting.inputs.data import Source
from featx.fitting.plan import PlannedFit, plan_fit
from featx.fitting.results.files import write_results
from featx.fitting.run import ON_CPU, cost_of
from featx.fitting.training.train import THREADS, Assignment, Trainers, fit_member, fit_members
from featx.protocols.repeated import check_task
from featx.protocols.task import Task
from featx.runs.cost import write_cost
from featx.runs.files import FOUND, MEMBERS, REPORT, SCORES
from featx.runs.folder import open_run
from featx.runs.making import making
from featx.scoring.results_file import RunResults
from featx.stores.labels import load_labels
from featx.tuning.config import TuneConfig
from featx.tuning.found import Found
from featx.tuning.inner import inner_task
from featx.tuning.sampler import require_optuna
from featx.tuning.search import Searches
from featx.tuning.space_checks import check_space
from featx.utils.files import write_text
from featx.utils.text import counted

log = logging.getLogger("featx")


def run_tune(
    config: TuneConfig,
    folder: Path,
    overwrite: bool = False,
    compute: Compute = ON_CPU,
    manifest: Manifest | None = None,
    trainers: Trainers = THREADS,
) -> RunResults:
    """Search into a run folder, or return the results of the same search made before.

    A run that was stopped goes on with the trials, and then the heads, that are missing.

    Args:
        config: what to search, and how.
        folder: the run's folder.
        overwrite: replace the run that the folder holds, once the new one is finished.
        compute: what to compute with; of no effect on the result.
        manifest: the labels, if the config's file is loaded already.
        trainers: who trains the heads; of no effect on the result either.

    Raises:
        FeatxError: if Optuna is not installed, the folder holds a run of another config, or
            another process searches into it, the data can't be used, or training diverges.
        Interrupted: on Ctrl-C.
    """
    with making(folder, "tuning", overwrite):
        corpus = manifest or load_labels(
            config.manifest, lambda _: config.features, config.skip_missing
        )
        fit = plan_fit(config, corpus, trainers.place(compute))
        if overwrite or not (folder / SCORES).is_file():  # what is finished stays as it is
            require_optuna()
            check_space(config.search.space, config, fit.design.objective, fit.data.task.classes)
            task = check_task(fit.data.task, corpus, config.keep_duplicates)
            fit = replace(fit, data=replace(fit.data, task=task))
        inner = inner_task(fit.data.task, config)
        with open_run(config.to_toml(), fit.inputs, folder, overwrite) as run:
            if run.results is None:
                tuned = _Tuning(config, fit, inner, run.folder, compute, trainers)
                run.results = tuned.make(folder.name)
    return run.results


@dataclass(frozen=True)
class _Tuning:
    """A search that is being made.

    Attributes:
        config: what is searched.
        fit: what heads are trained and tested on, once their settings are chosen.
        inner: the inner folds of all searches.
        folder: where files are written.
        compute: what to compute with.
        trainers: who trains.
    """

    config: TuneConfig
    fit: PlannedFit
    inner: Task
    folder: Path
    compute: Compute
    trainers: Trainers

    def make(self, name: str) -> RunResults:
        """Search, test what was found, and write the files of the run, which has a name."""
        begun = f"{self.fit.title}; {counted(len(self.fit.data.task.utterances), 'utterance')}"
        log.debug("%s", begun)
        within = replace(self.fit, data=replace(self.fit.data, task=self.inner))
        members = self.folder.absolute() / MEMBERS
        trials = Searches(self.config, within, members).run(self.compute, self.trainers)
        found = Found(self.config, trials)
        log.debug("chosen:\n%s", found.to_text())
        heads = self._test(found, members)
        title = f"tuned {self.fit.title}"
        results = write_results(self.fit, title, heads, [self._remark()], self.folder)
        found.write(self.folder, name)
        self._write_cost(heads, found)
        write_text(self.folder / REPORT, f"{results.to_text()}\n\n{found.to_text()}\n")
        return results

    def _test(self, found: Found, folder: Path) -> list[Member]:
        """Train the heads of each fold with its settings, and have them predict."""
        chosen = found.of_folds()
        digest = hashlib.sha256(self.fit.inputs.encode())
        digest.update(json.dumps([trial.values for trial in found.best]).encode())
        settled = replace(self.fit, inputs=digest.hexdigest())
        return fit_members(settled, folder, self.compute, self.trainers, _Work(chosen))

    def _remark(self) -> str:
        settings = self.config.search
        return (
            f"Settings were searched in each fold, {counted(settings.trials, 'trial')} by the "
            f"scores of {settings.inner_folds} inner folds of its training and validation "
            f"utterances. Test utterances chose nothing. {FOUND} has settings for all utterances."
        )

    def _write_cost(self, heads: Sequence[Member], found: Found) -> None:
        tested = cost_of(self.fit.data, heads, self.compute, self.trainers)
        both = {"seconds": tested.seconds + found.seconds, "models": tested.models + found.heads}
        write_cost(self.folder, tested.model_copy(update=both))


@dataclass(frozen=True)
class _Work:
    """Trains a head with the settings of its fold.

    Attributes:
        chosen: the fit of each fold.
    """

    chosen: Sequence[FitConfig]

    def __call__(
        self, fit: PlannedFit, assignment: Assignment, sources: Sequence[Source], worker: Worker
    ) -> Member:
        """Return the trained head."""
        own = replace(fit, config=self.chosen[assignment.fold])
        return fit_member(own, assignment, sources, worker)
