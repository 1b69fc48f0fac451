"""Where the models of a vote's members are."""

import re
from collections.abc import Sequence
from pathlib import Path

from featx.errors import FeatxError
from featx.runs.files import PREDICTIONS
from featx.runs.read import locate

_SEED = re.compile(r", seed (\d+)$")  # of a member that is a seed of a run


def member_seed(name: str) -> int | None:
    """Return the seed that a member of a vote is, by its name; None if it is a whole run."""
    found = _SEED.search(name)
    return int(found[1]) if found else None


def member_run(folder: Path, name: str, files: Sequence[Path]) -> Path:
    """Return the run folder of a member of a vote.

    Args:
        folder: the vote's.
        name: the member's.
        files: the prediction files that it voted with.

    Raises:
        FeatxError: if it is no run, or not here.
    """
    file = files[0]
    if len(files) > 1 or file.name != PREDICTIONS:
        raise FeatxError(
            f"{folder}: its member {name} is a file of predictions ({file}), which has no "
            "model. A vote of runs can be loaded."
        )
    run = locate(folder, str(file.parent))
    if run is None:
        raise FeatxError(
            f"{folder}: its member {file.parent} is not here. Put the run there, or vote again."
        )
    return run
