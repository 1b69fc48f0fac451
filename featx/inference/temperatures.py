"""The temperatures that a run keeps for its models."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from pydantic import ValidationError, model_validator

from classifiers.settings import PositiveFinite
from featx.errors import FeatxError
from featx.runs.files import CALIBRATION
from featx.runs.read import damaged
from featx.utils.config import Schema, first_problem

Key = tuple[int, int | None]  # seed and fold, which a final model has none of


class _Entry(Schema):
    seed: int
    fold: int | None  # none of a final model
    temperature: PositiveFinite | None = None
    temperatures: dict[str, PositiveFinite] | None = None  # by label, where several may fit

    @model_validator(mode="after")
    def _has_either(self) -> Self:
        if (self.temperature is None) == (self.temperatures is None):
            raise ValueError("an entry has either a temperature or temperatures by label")
        return self

    def of(self, labels: Sequence[str]) -> tuple[float, ...]:
        """Return the temperatures of labels, or the one of classes.

        Raises:
            KeyError: with the name of what it lacks.
        """
        if labels:
            return tuple((self.temperatures or {})[name] for name in labels)
        if self.temperature is None:
            raise KeyError("classes")
        return (self.temperature,)


class _File(Schema, extra="ignore"):
    """What of `calibration.json` is read back."""

    temperatures: list[_Entry]


def read_temperatures(
    run: Path, members: Iterable[Key], labels: Sequence[str] = ()
) -> dict[Key, tuple[float, ...]]:
    """Return what logits of models of a run are divided by.

    Args:
        run: the run's folder.
        members: seed and fold of the models.
        labels: the labels of a run that predicts several at once; none of classes.

    Returns:
        By seed and fold a single temperature or, of several labels, one for each.

    Raises:
        FeatxError: if the run has none, or its file is damaged or lacks a model.
    """
    path = run / CALIBRATION
    try:
        entries = _File.model_validate_json(path.read_bytes()).temperatures
    except FileNotFoundError:
        raise FeatxError(
            f"`calibrated`: {run} has no {CALIBRATION}: its models had no validation utterances, "
            "or it predicts several labels and an earlier featx made it. Leave the option out, or "
            "make the run again."
        ) from None
    except (OSError, ValidationError) as error:
        why = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise damaged(path, why) from None
    found = {(entry.seed, entry.fold): entry for entry in entries}
    temperatures = {}
    for seed, fold in members:
        model = f"seed {seed}, " + ("its final model" if fold is None else f"fold {fold}")
        if (seed, fold) not in found:
            raise damaged(path, f"it has no temperature of {model}")
        try:
            temperatures[seed, fold] = found[seed, fold].of(labels)
        except KeyError as error:
            why = f"{model} has no temperature for {error.args[0]}"
            raise damaged(path, why) from None
    return temperatures
