"""What was changed of what a run learned from: augmentation, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import PositiveInt, ValidationError

from featx.data.augmentation.settings import Augmentation
from featx.data.augmentation.words import describe_augmentation
from featx.utils.config import Schema
from featx.utils.text import counted

COPIES = "augmented"  # the key of `environment.json`


class LearnedCopies(Schema):
    """The augmented copies that heads learned from, as `environment.json` has them.

    Attributes:
        copies: how many of an utterance, at most.
        settings: how they were changed; folders of sounds are digests of what they hold.
    """

    copies: PositiveInt
    settings: Augmentation


def describe_changes(config: Mapping[str, Any], environment: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each augmentation of what a run learned from; none without any.

    Args:
        config: the run's `config.toml`.
        environment: its `environment.json`; what an earlier version did not write is not said.
    """
    sentences = []
    if (copies := _read(LearnedCopies, environment.get(COPIES))) is not None:
        number = "1 changed copy" if copies.copies == 1 else f"{copies.copies} changed copies"
        how = describe_augmentation(copies.settings)
        sentences.append(f"Augmented: training learned from {number} of each utterance too: {how}.")
    if (settings := _read(Augmentation, config.get("augmentation"))) is not None:
        how = describe_augmentation(settings)
        sentences.append(f"Augmented: training utterances were changed anew each epoch: {how}.")
    training = config.get("training")
    if masks := _masks(training.get("masks") if isinstance(training, Mapping) else None):
        sentences.append(f"Masked in training, anew each epoch: {' and '.join(masks)}.")
    return sentences


def _read(kind: type[Schema], table: object) -> Any:
    """Return a table that is there and can be read; None of others, which say nothing."""
    try:
        return None if table is None else kind.model_validate(table)
    except ValidationError:
        return None


def _masks(table: object) -> Sequence[str]:
    """Return what masks cover, by the table `training.masks` of a config."""
    if not isinstance(table, Mapping):
        return []
    named = (("times", "time_share", "frames"), ("features", "feature_share", "features"))
    return [
        f"{counted(table[key], 'run')} of at most {100 * table[share]:g} % of the {what}"
        for key, share, what in named
        if table.get(key) and share in table
    ]
