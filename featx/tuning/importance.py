"""How much each setting of a search mattered to validation scores."""

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from featx.tuning.sampler import distribution_of, put, require_optuna
from featx.tuning.space import Searched, Space
from featx.tuning.trials import Trial

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

LEAST = 10  # different settings that must have been tried


def measure_importance(space: Space, trials: Sequence[Trial]) -> dict[str, float]:
    """Return the share that each setting has in how validation scores vary; they add up to 1.

    It is functional ANOVA of a random forest that learned the scores (Hutter, Hoos and Leyton-Brown
    2014, "An Efficient Approach for Assessing Hyperparameter Importance"): of each setting alone,
    averaged over all others of the space. Pruned trials count with the inner folds that they had.

    Args:
        space: what was searched.
        trials: those of one search.

    Returns:
        Nothing if there are too few trials, a single setting, or scores are all the same.
    """
    tried = {json.dumps(trial.values): trial for trial in trials if trial.state != "diverged"}
    scores = {trial.score for trial in tried.values()}
    if len(tried) < LEAST or len(space.settings) < 2 or len(scores) < 2:
        return {}
    require_optuna()
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    ranges = {key: _evenly(searched) for key, searched in space.settings.items()}
    study = optuna.create_study(direction="maximize")
    study.add_trials(
        [
            optuna.trial.create_trial(
                value=trial.score,
                params={k: _placed(space.settings[k], v) for k, v in trial.values.items()},
                distributions=ranges,
            )
            for trial in tried.values()
        ]
    )
    found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(n_trees=32, seed=0))
    return {key: float(found[key]) for key in ranges}


def _evenly(searched: Searched) -> "BaseDistribution":
    """Return a range in which values are spread as they were drawn: Optuna averages over it."""
    from optuna.distributions import FloatDistribution

    if not searched.log:
        return distribution_of(searched)
    low, high = searched.ends
    return FloatDistribution(math.log(low), math.log(high))


def _placed(searched: Searched, value: Any) -> Any:
    return math.log(value) if searched.log else put(searched, value)
