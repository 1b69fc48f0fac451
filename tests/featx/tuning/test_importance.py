"""Importance tells settings that matter from others."""

import numpy as np
import pytest

from featx.tuning.importance import LEAST, measure_importance
from featx.tuning.space import Space
from featx.tuning.trials import Trial

SPACE = Space(
    head={"pooling": {"choices": ["mean", "mean+deviation"]}, "width": {"low": 2, "high": 64}},
    training={"learning_rate": {"low": 1e-4, "high": 1e-1, "log": True}},
)


def draw(count: int, score) -> list[Trial]:
    random = np.random.default_rng(0)
    trials = []
    for _ in range(count):
        values = {
            "head.pooling": str(random.choice(["mean", "mean+deviation"])),
            "head.width": int(random.integers(2, 65)),
            "training.learning_rate": float(10 ** random.uniform(-4, -1)),
        }
        state = "pruned" if random.random() < 0.3 else "complete"
        scores = (score(values),) * (1 if state == "pruned" else 3)
        trials.append(Trial(values=values, scores=scores, state=state, seconds=1))
    return trials


@pytest.mark.parametrize(
    ("setting", "score"),
    [
        ("head.pooling", lambda v: 0.5 + 0.2 * (v["head.pooling"] == "mean")),
        ("head.width", lambda v: v["head.width"] / 100),
        ("training.learning_rate", lambda v: 0.5 - abs(np.log10(v["training.learning_rate"]) + 3)),
    ],
)
def test_the_setting_that_scores_follow_is_found(setting, score):
    trials = [*draw(30, score), Trial(values={}, scores=(), state="diverged", seconds=1)]
    shares = measure_importance(SPACE, trials)
    assert list(shares) == list(SPACE.settings)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares[setting] > 0.8
    assert shares == measure_importance(SPACE, trials)


@pytest.mark.parametrize(
    ("count", "score"), [(LEAST - 1, lambda v: v["head.width"]), (LEAST, lambda v: 0.5)]
)
def test_nothing_is_said_of_too_few_trials_or_of_equal_ones(count, score):
    assert measure_importance(SPACE, draw(count, score)) == {}


def test_a_single_setting_has_no_share():
    space = Space(head={"width": {"low": 2, "high": 64}})
    trials = [
        trial.model_copy(update={"values": {"head.width": trial.values["head.width"]}})
        for trial in draw(20, lambda v: v["head.width"])
    ]
    assert measure_importance(space, trials) == {}
