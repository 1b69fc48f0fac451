"""The checkpoint that a rule chooses is there at the end, and its weights are those kept."""

from pathlib import Path
from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from featx.errors import Interrupted
from featx.finetuning.choices import BestBy
from featx.finetuning.results.member import Look, best_look, is_over
from featx.finetuning.training import train
from featx.finetuning.training.trainer import Tuner
from featx.finetuning.training.watch import Watch

SIX_STEPS = (
    "training.every=1",
    "training.max_steps=6",
    "training.epochs=5",
    "training.patience=inf",
)
losses = st.integers(0, 6).map(lambda quarters: quarters / 4)  # so that some are equal
courses = st.lists(st.tuples(losses, losses), min_size=1, max_size=12)


def looks_of(course):
    """Return looks at steps 100, 200... with training and validation losses."""
    nothing = dict.fromkeys(Look.__dataclass_fields__, 0.0)
    return [
        Look(**{**nothing, "step": 100 * n, "train_loss": train, "validation_loss": seen})
        for n, (train, seen) in enumerate(course, 1)
    ]


@given(courses)
def test_parting_is_the_last_look_not_above_or_else_the_nearest(course):
    differences = [seen - train for train, seen in course]
    below = [n for n, difference in enumerate(differences) if difference <= 0]
    expected = below[-1] if below else differences.index(min(differences))
    assert best_look(looks_of(course), "parting") == expected


@given(courses, st.sampled_from(get_args(BestBy)))
def test_the_best_so_far_is_found_by_taking_only_what_is_higher(course, rule):
    """As Trainer does, which sees a look at a time."""
    highest, best = float("-inf"), None
    for index, look in enumerate(looks_of(course)):
        if look.worth(rule) > highest:
            highest, best = look.worth(rule), index
        assert best_look(looks_of(course)[: index + 1], rule) == best


@given(courses, st.sampled_from(get_args(BestBy)))
def test_without_patience_nothing_is_over(course, rule):
    assert not is_over(looks_of(course), rule, float("inf"))


def test_models_are_compared_by_loss_where_a_parting_chose_their_checkpoints():
    early, late = looks_of([(1.0, 0.5), (1.0, 0.9)])
    assert late.worth("parting") > early.worth("parting")
    assert early.worth_of_model("parting") > late.worth_of_model("parting")
    assert late.worth_of_model("score") == late.worth("score")


class Poison:
    """Made-up losses for a training with a look each step, and what came of them.

    Attributes:
        course: training and validation loss at each look.
        stop: the step at which Ctrl-C is pressed, once; 0 for none.
        saved: the weights that were saved at each step.
        ends: the steps of the checkpoints on disk and the weights, whenever there was a prediction.
    """

    def __init__(self, monkeypatch):
        self.course, self.stop, self.saved, self.ends = [], 0, {}, []
        self._log, self._predict = Tuner.log, train._predict
        poison = self

        def log(tuner, logs, start_time=None):
            for place, name in enumerate(("loss", "eval_loss")):
                if name in logs:
                    logs[name] = poison.course[tuner.state.global_step - 1][place]
            poison._log(tuner, logs, start_time)

        def on_save(watch, args, state, control, model=None, **others):
            poison.saved[state.global_step] = weights_of(model)
            if state.global_step == poison.stop:
                poison.stop = 0
                raise KeyboardInterrupt

        def predict(trainer, setting, utterances):
            names = [path.name for path in Path(trainer.args.output_dir).iterdir()]
            steps = sorted(int(name.split("-")[1]) for name in names)
            poison.ends.append((steps, weights_of(trainer.tuned)))
            return poison._predict(trainer, setting, utterances)

        monkeypatch.setattr(Tuner, "log", log)
        monkeypatch.setattr(Watch, "on_save", on_save, raising=False)
        monkeypatch.setattr(train, "_predict", predict)


def weights_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


@pytest.fixture
def poison(monkeypatch):
    return Poison(monkeypatch)


COURSES = {
    "parts after the second": ([2, 1.8, 1.5, 1.2, 1, 0.9], [1.9, 1.7, 1.6, 1.5, 1.5, 1.5], 2),
    "always above, two equally": ([1, 1, 1, 1, 1, 1], [1.9, 1.7, 1.5, 1.6, 1.5, 1.8], 3),
    "crosses twice": ([2, 2, 1, 1, 1, 1], [1, 1, 2, 2, 0.9, 2], 5),
    "never parts": ([2, 2, 2, 2, 2, 2], [1, 1, 1, 1, 1, 1], 6),
    "touches once": ([1, 1, 1, 1, 1, 1], [3, 3, 3, 1, 3, 3], 4),
    "above from the first": ([1, 0.9, 0.8, 0.7, 0.6, 0.5], [1.5, 1.5, 1.5, 1.5, 1.5, 1.5], 1),
    "hardly above, then below": ([1, 1, 1, 1, 1, 1], [1.2, 1.1, 1.3, 1.4, 1.5, 0.9], 6),
}


@pytest.mark.parametrize(
    ("name", "stop"),
    [*((name, 0) for name in COURSES), ("parts after the second", 4), ("crosses twice", 3)],
)
def test_the_weights_kept_are_those_where_the_losses_part(
    name, stop, one_split, finetune, poison, read_rows
):
    training, validation, best = COURSES[name]
    poison.course, poison.stop = list(zip(training, validation, strict=True)), stop
    settings = (*SIX_STEPS, "training.best_by=parting")
    if stop:
        with pytest.raises(Interrupted):
            finetune(*settings)
    run = finetune(*settings)
    assert [row["step"] for row in read_rows(run.folder / "history.csv")] == list("123456")
    on_disk, weights = poison.ends[0]
    assert on_disk == sorted({best, 5 if best == 6 else 6})
    for key, value in weights.items():
        assert torch.equal(value, poison.saved[best][key])
    log = (run.folder / "run.log").read_text()
    assert f"checkpoints kept to the end are those of steps {on_disk[0]} and {on_disk[1]}" in log
    assert ("goes on at step" in log) == bool(stop)


def test_patience_counts_from_where_the_losses_part(one_split, finetune, poison, read_rows):
    training, validation, best = COURSES["parts after the second"]
    poison.course = list(zip(training, validation, strict=True))
    run = finetune(*SIX_STEPS[:3], "training.best_by=parting", "training.patience=2")
    assert [row["step"] for row in read_rows(run.folder / "history.csv")] == list("1234")
    assert poison.ends[0][0] == [best, 4]
