"""The training graph of a fine-tuning."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from featx.finetuning.results.member import TunedMember
from featx.utils.pictures import BLUE, ORANGE, STYLE, WIDTH, picture, save


@picture
def draw_tuning(
    members: Sequence[TunedMember], path: Path, loss: str, score: str, chosen_on_test: bool
) -> None:
    """Draw loss and score by step, in training and validation, and where each was best.

    The score of classes is the accuracy.

    Args:
        members: the models.
        path: where the picture is written, without an ending.
        loss: what their loss is called.
        score: what their score is called, unless they learned classes.
        chosen_on_test: whether what is called validation was the test data.
    """
    with mpl.rc_context(STYLE):
        figure = Figure((WIDTH, 1.2 * WIDTH), layout="constrained")
        losses, scores = figure.subplots(2, sharex=True)
        for member in members:
            looks = member.history
            _draw(losses, member, [k.train_loss for k in looks], [k.validation_loss for k in looks])
            if looks[0].validation_wa is None:
                _draw(scores, member, [], [look.validation_score for look in looks])
            else:
                trained, seen = zip(*((k.train_wa, k.validation_wa) for k in looks), strict=True)
                _draw(scores, member, *(100 * np.array(each, float) for each in (trained, seen)))
                scores.set(ylim=(0, 100))
                score = "accuracy (WA), %"
        chosen = "test, which chose" if chosen_on_test else "validation"
        losses.plot([], [], color=BLUE, linestyle="--", label="training")
        losses.plot([], [], color=ORANGE, marker="o", markersize=3, label=f"{chosen}, best marked")
        losses.legend(frameon=False)
        losses.set(ylabel=loss)
        scores.set(xlabel="step", ylabel=score)
        save(figure, path)


def _draw(axes: Axes, member: TunedMember, trained: ArrayLike, seen: ArrayLike) -> None:
    """Draw values at a member's looks: in training, unless there are none, and in validation."""
    steps = [look.step for look in member.history]
    marker = "." if len(steps) == 1 else ""  # a line needs two points
    style: dict[str, Any] = {"marker": marker, "linewidth": 0.8, "alpha": 0.7}
    if len(np.asarray(trained)):
        axes.plot(steps, trained, color=BLUE, linestyle="--", **style)
    axes.plot(steps, seen, color=ORANGE, linestyle="-", **style)
    best = np.asarray(seen)[member.best]
    axes.plot(steps[member.best], best, "o", color=ORANGE, markersize=3)
