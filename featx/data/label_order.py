"""The order in which emotions appear in every table and figure."""

from collections.abc import Iterable

CUSTOMARY = (  # as RAVDESS numbers them; other labels follow in alphabetical order
    "neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised",
)  # fmt: skip


def order_labels(labels: Iterable[str]) -> list[str]:
    """Return the distinct labels, the customary ones first."""
    rank = {label: number for number, label in enumerate(CUSTOMARY)}
    return sorted(set(labels), key=lambda label: (rank.get(label, len(rank)), label))
