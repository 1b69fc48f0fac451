"""What exported features are, as a file of any format carries it along."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

KEY = "featx"  # under which a format's own metadata have it
FILE = "featx.json"  # which has it where a format has no metadata of its own


@dataclass(frozen=True)
class Description:
    """What the arrays of an export are.

    Attributes:
        layers: the name of each layer, in order; a single name such as "mean" if layers were
            averaged.
        frame_step: seconds from one frame to the next; 0 for one vector an utterance.
        identity: what the features were computed with, as their store says it.
    """

    layers: tuple[str, ...]
    frame_step: float
    identity: Mapping[str, Any]

    def to_text(self) -> str:
        """Return it as JSON on one line."""
        return json.dumps(
            {
                "layers": list(self.layers),
                "frame_step": self.frame_step,
                "identity": dict(self.identity),
            }
        )

    @classmethod
    def from_text(cls, text: str | bytes) -> Self | None:
        """Return what `to_text` has written, None if it is something else."""
        try:
            table = json.loads(text)
            layers = tuple(map(str, table["layers"]))
            return cls(layers, float(table["frame_step"]), dict(table["identity"]))
        except (ValueError, KeyError, TypeError):
            return None
