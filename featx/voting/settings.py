"""What a vote may be asked for, by what its systems predict."""

from collections.abc import Mapping, Sequence
from typing import Literal

from featx.errors import FeatxError
from featx.utils.tables import plain
from featx.voting.choices import Rule
from featx.voting.config import VoteConfig

Predicted = Literal["classes", "labels", "numbers"]
"""What systems predict of an utterance: its class, several labels at once, or numbers."""

RULES: Mapping[Predicted, Mapping[Rule, str]] = {
    "classes": {
        "hard": "the class that most members predict",
        "soft": "the class with the highest mean probability",
        "weighted": "the class with the most votes, each weighing its system's validation UAR",
    },
    "labels": {
        "soft": "a label is predicted from a mean probability of 0.5 on",
        "hard": "a label is predicted that half of the members predict, or more",
    },
    "numbers": {
        "mean": "the mean of what its members predict",
        "weighted": "the mean of what its members predict, weighed by their CCC on validation data",
    },
}
"""The rules in words; the first is that of votes that name none."""

_OTHER_RULES: Mapping[Predicted, str] = {
    "classes": " averages numbers, and {name} predicts classes. `rule='soft'` averages their "
    "probabilities.",
    "labels": ": {name} predicts several labels at once. `rule='soft'` averages the probability of "
    "each, `rule='hard'` counts the systems that predict it.",
    "numbers": " is for classes, and {name} predicts numbers. `rule='mean'` averages them; "
    "`rule='weighted'` weighs each system by its CCC on validation data.",
}


def usual_rule(predicted: Predicted) -> Rule:
    """Return the rule of votes that name none."""
    return next(iter(RULES[predicted]))


def describe_rule(rule: Rule, predicted: Predicted, names: Sequence[str]) -> str:
    """Return a sentence on how a vote is held, in Markdown.

    Args:
        rule: its rule.
        predicted: what its systems predict.
        names: the classes, labels or columns of numbers.
    """
    on = ", ".join(map(plain, names))
    return f"A vote on {on} by the rule {rule}: {RULES[predicted][rule]}."


def check_settings(config: VoteConfig, predicted: Predicted, name: str) -> None:
    """Refuse settings that have no meaning for what systems predict.

    Args:
        config: the vote's.
        predicted: what they predict.
        name: what one of them is called.

    Raises:
        FeatxError: names the setting.
    """
    if config.rule not in RULES[predicted]:
        raise FeatxError(f"`rule={config.rule!r}`{_OTHER_RULES[predicted].format(name=name)}")
    if predicted == "classes":
        return
    given = {"search": bool(config.search), "tie": config.tie != "auto"}
    for setting in (setting for setting, is_given in given.items() if is_given):
        what = "numbers" if predicted == "numbers" else "several labels at once"
        raise FeatxError(
            f"`{setting}` is for votes on a class of each utterance, and {name} predicts {what}. "
            "All systems that are named vote."
        )
