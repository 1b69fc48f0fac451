"""The training graph of a fine-tuning."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from featx.finetuning.member import TunedMember
from featx.utils.pictures import BLUE, ORANGE, STYLE, WIDTH, save


def draw_tuning(members: Sequence[TunedMember], path: Path, chosen_on_test: bool) -> None:
    """Draw loss and accuracy by step, in training and validation, and where each was best.

    Args:
        members: the models.
        path: where the picture is written, without an ending.
        chosen_on_test: whether what is called validation was the test data.
    """
    with mpl.rc_context(STYLE):
        figure = Figure((WIDTH, 1.2 * WIDTH), layout="constrained")
        losses, shares = figure.subplots(2, sharex=True)
        for member in members:
            steps = [look.step for look in member.history]
            _draw(losses, steps, [look.train_loss for look in member.history], BLUE, "--")
            seen = [look.validation_loss for look in member.history]
            _draw(losses, steps, seen, ORANGE, "-")
            losses.plot(steps[member.best], seen[member.best], "o", color=ORANGE, markersize=3)
            _draw(shares, steps, [100 * look.train_wa for look in member.history], BLUE, "--")
            seen = [100 * look.validation_wa for look in member.history]
            _draw(shares, steps, seen, ORANGE, "-")
            shares.plot(steps[member.best], seen[member.best], "o", color=ORANGE, markersize=3)
        chosen = "test, which chose" if chosen_on_test else "validation"
        losses.plot([], [], color=BLUE, linestyle="--", label="training")
        losses.plot([], [], color=ORANGE, marker="o", markersize=3, label=f"{chosen}, best marked")
        losses.legend(frameon=False)
        losses.set(ylabel="cross-entropy, nats")
        shares.set(xlabel="step", ylabel="accuracy (WA), %", ylim=(0, 100))
        save(figure, path)


def _draw(axes: Axes, steps: list[int], values: list[float], colour: str, line: str) -> None:
    marker = "." if len(steps) == 1 else ""  # a line needs two points
    axes.plot(steps, values, color=colour, linestyle=line, marker=marker, linewidth=0.8, alpha=0.7)
