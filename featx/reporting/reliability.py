"""The curve of how often probabilities are right, and whose models' they are."""

from collections.abc import Iterable
from pathlib import Path

from featx.reporting.charts import Points
from featx.runs.read import damaged
from featx.scoring.reliability import Reliability

_FEWEST = 0.005  # of the utterances, in a bin that is drawn


def reliability_curve(given: Reliability) -> Points:
    """Return mean probability and share right, in percent, of bins with enough utterances."""
    least = _FEWEST * len(given.right)
    return [(100 * mean, 100 * share) for mean, share, count in given.bins() if count >= least]


def model_keys(models: Iterable[tuple[str, str]], path: Path) -> list[tuple[int, int]]:
    """Return seed and fold of each row as numbers.

    Args:
        models: them as a file has them.
        path: the file.

    Raises:
        FeatxError: if any is no number.
    """
    try:
        return [(int(seed), int(fold)) for seed, fold in models]
    except ValueError:
        raise damaged(path, "a seed or fold is no number") from None
