"""From a finished vote to the model of its members."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from featx.errors import FeatxError
from featx.inference.model import Model
from featx.inference.voted_classes import ClassVoteScores
from featx.inference.voted_labels import LabelVoteScores
from featx.inference.voted_model import VotedModel
from featx.inference.voted_numbers import NumberVoteScores
from featx.runs.files import SCORES
from featx.runs.read import damaged
from featx.scoring.labels.results import MULTILABEL
from featx.scoring.numbers.results import REGRESSION
from featx.utils.config import Schema, first_problem

_KINDS: Mapping[str, type[ClassVoteScores | LabelVoteScores | NumberVoteScores]] = {
    MULTILABEL: LabelVoteScores,
    REGRESSION: NumberVoteScores,
}


class _Kind(Schema, extra="ignore"):
    task: str = ""


def load_vote(folder: Path, load: Callable[[Path], Model]) -> VotedModel:
    """Load the members of a finished vote.

    Args:
        folder: the vote's run folder.
        load: loads a run.

    Raises:
        FeatxError: if a member is not here, has no models or was trained again, or a file is
            damaged.
    """
    path = folder / SCORES
    try:
        content = path.read_bytes()
        kind = _KINDS.get(_Kind.model_validate_json(content).task, ClassVoteScores)
        scores = kind.model_validate_json(content)
    except (OSError, ValidationError) as error:
        why = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise damaged(path, why) from None
    load_once = cache(_not_itself(folder, load))  # seeds of a run may be members of their own
    return scores.to_model(folder, load_once)


def _not_itself(folder: Path, load: Callable[[Path], Model]) -> Callable[[Path], Model]:
    """Return what loads a member of a vote, and refuses a vote that is its own."""

    def guarded(run: Path) -> Model:
        try:
            return load(run)
        except RecursionError:
            raise FeatxError(
                f"{folder}: has itself among its members or theirs, so it can't be loaded. Vote "
                "again."
            ) from None

    return guarded
