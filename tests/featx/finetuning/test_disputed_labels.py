"""Fine-tuning on votes of annotators, with rare classes weighted or drawn more often."""

from collections import Counter

import numpy as np
import pytest

from featx.errors import FeatxError
from featx.finetuning.training.waveforms import Order

CLASSES = ("happy", "sad", "angry")


@pytest.fixture
def vote(one_split, relabel):
    """Give every utterance votes, the share of its own label and the rest for the next."""

    def give(share: float) -> None:
        def change(row):
            other = CLASSES[(CLASSES.index(row["label"]) + 1) % 3]
            votes = {row["label"]: share, other: 1 - share}
            return {**row, **{f"p_{name}": votes.get(name, 0.0) for name in CLASSES}}

        relabel(change)

    return give


def test_votes_that_agree_give_the_run_of_hard_labels(vote, finetune, read_rows):
    vote(1.0)
    hard, soft = (
        finetune(mode="frozen", task=task, name=task) for task in ("classification", "distribution")
    )
    first, second = ([row["p_sad"] for row in read_rows(r.predictions)] for r in (hard, soft))
    assert first == second
    assert soft.results.scores == hard.results.scores
    assert soft.results.votes.top2.mean >= soft.results.scores["wa"].mean


def test_votes_are_learned_with_weights_and_focal_loss(vote, finetune, read_rows):
    vote(0.75)
    weighted = ("training.loss=focal", "training.class_weights={sad = 3.0}")
    plain, run = (
        finetune(*settings, mode="frozen", task="distribution", name=name)
        for name, settings in (("plain", ()), ("weighted", weighted))
    )
    rows = read_rows(run.predictions)
    assert {row["true_p_sad"] for row in rows} == {"0.0", "0.25", "0.75"}
    assert [row["p_sad"] for row in rows] != [row["p_sad"] for row in read_rows(plain.predictions)]
    assert "Jensen-Shannon" in run.results.to_text()


@pytest.mark.parametrize("batch", [None, 8])
def test_classes_take_turns_in_balanced_orders(batch):
    classes = np.array([0] * 50 + [1] * 8 + [2] * 2)
    order = Order(list(range(100, 160)), batch, 3, classes)
    drawn = list(order)
    assert len(drawn) == 60
    assert Counter(classes[drawn].tolist()) == {0: 20, 1: 20, 2: 20}
    assert list(order) == drawn
    order.epoch = 1
    assert list(order) != drawn


@pytest.mark.parametrize(
    ("settings", "options", "words"),
    [
        (
            ("training.best_by=wa",),
            {"task": "multilabel", "target": "label"},
            r"best_by=wa.*`score` is macro F1",
        ),
        (("training.sampling=balanced",), {"task": "regression", "target": "p_sad"}, "take turns"),
        (
            ("training.sampling=balanced", "training.class_weights=balanced"),
            {},
            "both balance classes",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(vote, finetune, settings, options, words):
    vote(0.75)
    with pytest.raises(FeatxError, match=words):
        finetune(*settings, **options)
