"""The temperatures that a run keeps for its models."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from classifiers.settings import PositiveFinite
from featx.errors import FeatxError
from featx.runs.files import CALIBRATION
from featx.runs.read import damaged
from featx.utils.config import Schema

Key = tuple[int, int | None]  # seed and fold, which a final model has none of


class _Entry(Schema):
    seed: int
    fold: int | None  # none of a final model
    temperature: PositiveFinite


class _File(Schema, extra="ignore"):
    """What of `calibration.json` is read back."""

    temperatures: list[_Entry]


def read_temperatures(run: Path, members: Iterable[Key]) -> dict[Key, float]:
    """Return the temperature of models of a run, by seed and fold.

    Raises:
        FeatxError: if the run has none, or its file is damaged or lacks a model.
    """
    path = run / CALIBRATION
    try:
        entries = _File.model_validate_json(path.read_bytes()).temperatures
    except FileNotFoundError:
        raise FeatxError(
            f"`calibrated`: {run} has no {CALIBRATION}, as its models had no validation "
            "utterances. Leave the option out."
        ) from None
    except (OSError, ValidationError) as error:
        raise damaged(path, str(error)) from error
    found = {(entry.seed, entry.fold): entry.temperature for entry in entries}
    if absent := set(members) - set(found):
        seed, fold = absent.pop()
        model = f"seed {seed}, " + ("its final model" if fold is None else f"fold {fold}")
        raise damaged(path, f"it has no temperature of {model}")
    return found
