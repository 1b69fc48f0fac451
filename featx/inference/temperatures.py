"""The temperatures that a run keeps for its models."""

from pathlib import Path

from pydantic import ValidationError

from featx.errors import FeatxError
from featx.runs.files import CALIBRATION
from featx.runs.read import damaged
from featx.scoring import calibration


def read_temperatures(run: Path) -> dict[tuple[int, int], float]:
    """Return the temperature of each model of a run, by seed and fold.

    Raises:
        FeatxError: if the run has none, or its file is damaged.
    """
    path = run / CALIBRATION
    try:
        return calibration.read_temperatures(path)
    except FileNotFoundError:
        raise FeatxError(
            f"`calibrated`: {run} has no {CALIBRATION}, as its models had no validation utterances "
            "or an earlier version of featx made it. Leave the option out, or make the run again "
            "with another `name`."
        ) from None
    except (OSError, ValidationError) as error:
        raise damaged(path, str(error)) from error
