"""Which files of a trained model leave the building, and no others."""

from collections.abc import Collection
from dataclasses import dataclass

from featx.finetuning.saving.contents import ADAPTER_FILES, OWN_FILES, PEFT_FILE, PLAIN_FILES
from featx.runs.files import (
    CALIBRATION,
    CARD,
    CONFIG,
    DESCRIPTION,
    ENVIRONMENT,
    FIGURES,
    LAYER_WEIGHTS,
    PREDICTIONS,
    SCORES,
    WEIGHTS,
)
from featx.runs.safe_files import TEXT_LIMIT

_DRAWN = (
    *("confusion", "confusion_counts", "calibration"),
    *("scatter", "error_by_level"),
    *("layer_weights", "training"),
)
_PICTURES = tuple(f"{FIGURES}/{name}.{ending}" for name in _DRAWN for ending in ("png", "pdf"))
_LARGE = 2**30  # bytes of predictions or of a picture; more is no table and no picture


@dataclass(frozen=True)
class Contents:
    """The files of a kind of model.

    Attributes:
        what: what it is called in messages.
        needed: names of files that it can't be used without.
        others: names of files that it may have.
    """

    what: str
    needed: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in a fixed order."""
        return (*self.needed, *self.others)

    def chosen(self, there: Collection[str]) -> tuple[str, ...]:
        """Return those of its files that are among the given names."""
        return tuple(name for name in self.names if name in there)


FIT = Contents(
    "a fit",
    needed=(CONFIG, SCORES, DESCRIPTION, WEIGHTS),
    others=(ENVIRONMENT, CALIBRATION, LAYER_WEIGHTS, PREDICTIONS, CARD, *_PICTURES),
)
PLAIN_MODEL, OWN_MODEL, ADAPTERS = (
    Contents("a fine-tuned model", needed=names, others=others)
    for names, others in (
        (PLAIN_FILES, (CARD,)),
        (OWN_FILES, (CARD,)),
        (ADAPTER_FILES, (PEFT_FILE, CARD)),
    )
)
_KINDS = (FIT, PLAIN_MODEL, OWN_MODEL, ADAPTERS)
NAMES = tuple(dict.fromkeys(name for kind in _KINDS for name in kind.names))


def recognise(names: Collection[str]) -> Contents | None:
    """Return the kind of model whose files are all among these names; None if it is no kind."""
    kinds = (kind for kind in _KINDS if set(kind.needed) <= set(names))
    return next(kinds, None)


def size_limit(name: str) -> int | None:
    """Return the most bytes that a file of this name may have; None for weights."""
    if name.endswith((".json", ".toml", ".md")) or name == LAYER_WEIGHTS:
        return TEXT_LIMIT
    return None if name.endswith(".safetensors") else _LARGE
