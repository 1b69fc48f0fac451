"""What is tried next: Optuna's tree-structured Parzen estimator, asked anew for each trial.

Akiba et al. 2019, "Optuna: A Next-generation Hyperparameter Optimization Framework"; Bergstra et
al. 2011, "Algorithms for Hyper-Parameter Optimization". Optuna keeps nothing from trial to trial:
it is told all earlier ones, and its seed belongs to the trial's number, so that a search that was
stopped goes on as if it had not been.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featx.errors import FeatxError
from featx.tuning.space import Searched, Space
from featx.tuning.trials import Trial

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution


def require_optuna() -> None:
    """Raise a FeatxError if Optuna is not installed; have it say nothing if it is."""
    try:
        import optuna
    except ImportError as error:
        raise FeatxError("A search needs Optuna: pip install 'featx[tune]'.") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)


class Suggestion:
    """A trial that is about to be made.

    Args:
        space: what may be chosen.
        earlier: the trials of the search before it.
        seed: the seed of the trial, of one or more numbers.
        first: the settings to try if it is the first trial; None for a draw.
    """

    def __init__(
        self,
        space: Space,
        earlier: Sequence[Trial],
        seed: Sequence[int],
        first: dict[str, Any] | None,
    ) -> None:
        require_optuna()
        import optuna

        drawn = np.random.SeedSequence([*seed, len(earlier)]).generate_state(1)[0]
        sampler = optuna.samplers.TPESampler(seed=int(drawn))
        study = optuna.create_study(
            direction="maximize", sampler=sampler, pruner=optuna.pruners.MedianPruner()
        )
        settings = space.settings
        ranges = {key: distribution_of(searched) for key, searched in settings.items()}
        study.add_trials([_finished_trial(trial, settings, ranges) for trial in earlier])
        if first and not earlier:
            study.enqueue_trial({key: put(settings[key], v) for key, v in first.items()})
        self._trial = study.ask(ranges)
        self.values = {key: _get(settings[key], v) for key, v in self._trial.params.items()}

    def is_hopeless(self, scores: Sequence[float]) -> bool:
        """Tell whether scores are below the median of earlier trials after as many inner folds.

        Args:
            scores: those of the first inner folds; the last was not given before.
        """
        self._trial.report(sum(scores) / len(scores), len(scores))
        return self._trial.should_prune()


def distribution_of(searched: Searched) -> "BaseDistribution":
    """Return what Optuna draws a setting from."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if searched.choices:  # by their places, as Optuna takes no lists
        return CategoricalDistribution(range(len(searched.choices)))
    low, high = searched.ends
    kind = FloatDistribution if searched.has_fractions else IntDistribution
    return kind(low, high, log=searched.log)


def _finished_trial(
    trial: Trial, settings: dict[str, Searched], ranges: "dict[str, BaseDistribution]"
) -> "optuna.trial.FrozenTrial":
    """Return a trial as Optuna has it; a diverged one is worse than all that were pruned."""
    from optuna.trial import TrialState, create_trial

    complete = trial.state == "complete"
    done = trial.scores if trial.state != "diverged" else ()
    means = {count: sum(done[:count]) / count for count in range(1, len(done) + 1)}
    return create_trial(
        state=TrialState.COMPLETE if complete else TrialState.PRUNED,
        value=trial.score if complete else None,
        params={key: put(settings[key], value) for key, value in trial.values.items()},
        distributions=ranges,
        intermediate_values=means,
    )


def put(searched: Searched, value: Any) -> Any:
    """Return a setting's value as Optuna has it."""
    return searched.place(value) if searched.choices else value


def _get(searched: Searched, value: Any) -> Any:
    if not searched.choices:
        return value
    chosen = searched.choices[value]
    return list(chosen) if isinstance(chosen, tuple) else chosen
