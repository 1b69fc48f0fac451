"""The search of a fold's settings, by the scores of inner folds."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from classifiers.cores import Worker
from classifiers.heads import train_head
from featx.errors import FeatxError, Interrupted
from featx.features.encoders.devices import Compute
from featx.fitting.inputs.data import Source, part_examples
from featx.fitting.plan import PlannedFit
from featx.fitting.training.train import Shown, Trainers
from featx.protocols.fold import Fold
from featx.tuning.config import TuneConfig
from featx.tuning.inner import folds_of
from featx.tuning.sampler import Suggestion
from featx.tuning.space import own_values, with_values
from featx.tuning.trials import State, Trial, best_of, is_same, read_trials, write_trials
from featx.utils.progress import progress

SEED = 0  # of the heads that are trained in a search


@dataclass(frozen=True)
class Searches:
    """The searches of a run.

    Attributes:
        config: what is searched, and how.
        fit: what heads are trained on: `inner_task`.
        folder: where finished trials are kept; on a cluster every machine must see it.
    """

    config: TuneConfig
    fit: PlannedFit
    folder: Path

    @property
    def count(self) -> int:
        """How many searches there are, the last of them on all utterances."""
        return len(self.fit.data.task.folds) // self.config.search.inner_folds

    def read(self) -> list[list[Trial]]:
        """Return the finished trials of each search."""
        return [read_trials(self.folder, n, self.fit.inputs) for n in range(self.count)]

    def run(self, compute: Compute, trainers: Trainers) -> list[list[Trial]]:
        """Try what is not tried yet.

        Args:
            compute: what to compute with.
            trainers: who trains; each has a whole search at a time.

        Returns:
            The trials of each search, of which at least one is complete.

        Raises:
            FeatxError: if all trials of a search diverged.
            Interrupted: on Ctrl-C.
        """
        trials = self.config.search.trials
        total = self.count * trials
        try:
            self._run(total, compute, trainers)
        except KeyboardInterrupt:
            done = sum(map(len, self.read()))
            raise Interrupted(
                f"Interrupted with {done} of {total} trials done. Start the same search again to "
                "go on from there."
            ) from None
        found = self.read()
        for search, own in enumerate(found):
            if best_of(own) is None:
                where = f"fold {search}" if search < self.count - 1 else "all utterances"
                raise FeatxError(
                    f"{where}: the training of all {trials} trials diverged. Search lower learning "
                    "rates."
                )
        return found

    def _run(self, total: int, compute: Compute, trainers: Trainers) -> None:
        trials, done = self.config.search.trials, list(map(len, self.read()))
        missing = [search for search, count in enumerate(done) if count < trials]
        if not missing:
            return
        work = _Work(self.config, self.folder)
        with progress("Searching", total, "trials", sum(done)) as advance:
            shown, reached = Shown(advance), 0

            def step(share: float) -> None:  # of a search
                shown.step(share * trials)

            for search in trainers.train(self.fit, missing, work, compute, step):
                reached += trials - done[search]
                shown.reach(reached)  # what others trained shows now


@dataclass(frozen=True)
class _Work:
    """Makes all trials of a search.

    Attributes:
        config: what is searched.
        folder: where finished trials are kept.
    """

    config: TuneConfig
    folder: Path

    def __call__(
        self, fit: PlannedFit, search: int, sources: Sequence[Source], worker: Worker
    ) -> int:
        """Make the trials that are missing, and return the number of the search."""
        settings = self.config.search
        folds = folds_of(fit.data.task, search, settings.inner_folds)
        first = own_values(settings.space, self.config)
        trials = read_trials(self.folder, search, fit.inputs)
        inner = replace(worker, step=_unseen)
        while len(trials) < settings.trials:
            begin = time.perf_counter()
            seed = (settings.seed, search)
            suggested = Suggestion(settings.space, trials, seed, first)
            trial = _known(suggested, trials) or self._try(fit, suggested, folds, sources, inner)
            seconds = time.perf_counter() - begin
            trials.append(trial.model_copy(update={"seconds": seconds}))
            write_trials(self.folder, search, fit.inputs, trials)
            worker.step(1 / settings.trials)
        return search

    def _try(
        self,
        fit: PlannedFit,
        suggested: Suggestion,
        folds: Sequence[Fold],
        sources: Sequence[Source],
        worker: Worker,
    ) -> Trial:
        """Train a head for each inner fold, until they are hopeless."""
        tried = replace(fit, config=with_values(self.config, suggested.values))
        scores: list[float] = []
        state: State = "complete"
        for fold in folds:
            try:
                scores.append(_score(tried, fold, sources, worker))
            except FloatingPointError:
                state = "diverged"
                break
            if len(scores) < len(folds) and suggested.is_hopeless(scores):
                state = "pruned"
                break
        return Trial(values=suggested.values, scores=tuple(scores), state=state, seconds=0)


def _known(suggested: Suggestion, trials: Sequence[Trial]) -> Trial | None:
    """Return the trial that had the same settings, if there was any."""
    return next((trial for trial in trials if is_same(trial.values, suggested.values)), None)


def _score(fit: PlannedFit, fold: Fold, sources: Sequence[Source], worker: Worker) -> float:
    """Return the validation score of a head, at the epoch or strength that it is best at."""
    training, validation = (
        part_examples(fit.data.task, sources, fold, part, fit.config.normalize)
        for part in ("train", "validation")
    )
    trained = train_head(fit.design, training, validation, SEED, worker)
    return trained.history[trained.best].validation_score


def _unseen(_: float) -> None:
    """Show nothing: progress is that of trials."""
