"""How much disk a fine-tuning takes, and whether it is there."""

import logging
import shutil
from pathlib import Path

from featx.cost import describe_bytes, folder_bytes
from featx.errors import FeatxError
from featx.run_folder import MEMBERS, MODELS

_CHECKPOINTS = 3  # two that are kept, and one while it is written
_MOMENTS = 2  # that AdamW has for each weight that trains
_WEIGHT = 4  # bytes
log = logging.getLogger("featx")


def tuning_bytes(weights: int, trained: int) -> tuple[int, int]:
    """Return the bytes of a saved model, and of all checkpoints that are there at one time.

    Args:
        weights: of a model.
        trained: how many of them train.
    """
    return _WEIGHT * weights, _CHECKPOINTS * _WEIGHT * (weights + _MOMENTS * trained)


def check_disk(folder: Path, weights: int, trained: int, models: int) -> None:
    """Say how much disk is needed, and refuse a run that it can't hold.

    Args:
        folder: of the run.
        weights: of a model.
        trained: how many of them train.
        models: how many are saved, at most at one time.

    Raises:
        FeatxError: if the disk has too little free.
    """
    model, checkpoints = tuning_bytes(weights, trained)
    needed = checkpoints + models * model
    there = sum(folder_bytes(folder / part) for part in (MEMBERS, MODELS))  # of a stopped attempt
    free = shutil.disk_usage(folder).free
    log.info(
        "%s of disk: %s of checkpoints at most, and %d models of %s",
        *(describe_bytes(needed), describe_bytes(checkpoints), models, describe_bytes(model)),
    )
    if needed > free + there:
        raise FeatxError(
            f"{folder}: checkpoints and models need {describe_bytes(needed)}, the disk has "
            f"{describe_bytes(free + there)} for them. Free some, work on another disk, or save "
            "fewer models with --save."
        )
