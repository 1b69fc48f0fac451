"""What a probe found, as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from featx.layer_analysis.weights import LayerWeights, all_corrected, average
from featx.scoring.results import WIDE, Results, plain_table, render


@dataclass(frozen=True)
class Probe:
    """What a probe found.

    Attributes:
        folder: where its files are.
        layers: the names of the probed layers.
        results: the scores of each layer on test utterances.
        chosen: the scores of the layer that validation data chooses in each fold.
        beside: what heads made of the same layers.
    """

    folder: Path
    layers: Sequence[str]
    results: Sequence[Results]
    chosen: Results
    beside: Sequence[LayerWeights]

    def to_text(self) -> str:
        """Return the UAR by layer beside the weights, and what to know about them."""
        names = [learned.run.name for learned in self.beside]
        table = plain_table("layer", "UAR, %", "95 % over speakers", "WA, %", *names)
        weights = list(map(self._weights, self.beside))
        for layer, result in zip(self.layers, self.results, strict=True):
            uar, wa = result.scores["uar"], result.scores["wa"]
            table.add_row(
                "0 (local encoder)" if layer == "0" else layer,
                f"{uar.mean:.1f}",
                f"{uar.low:.1f} to {uar.high:.1f}",
                f"{wa.mean:.1f}",
                *(f"{own[layer]:.3f}" if layer in own else "" for own in weights),
            )
        best = self.chosen.scores["uar"]
        notes = [
            f"UAR of the layer that validation data chooses in each fold: {best.mean:.1f} %, "
            f"{best.low:.1f} to {best.high:.1f}. The best row above is the best on test data.",
            *(self._agreement(name, own) for name, own in zip(names, weights, strict=True)),
            *self.chosen.notes(),
        ]
        return "\n".join([render(self.chosen.title, table, width=WIDE), "", *notes])

    def to_json(self) -> dict[str, Any]:
        """Return the folder, each layer's scores, and the chosen layers' as JSON values."""
        scores = (result.to_json() for result in self.results)
        return {
            "folder": str(self.folder),
            "layers": dict(zip(self.layers, scores, strict=True)),
            "chosen": self.chosen.to_json(),
            "weights": {learned.run.as_posix(): self._weights(learned) for learned in self.beside},
        }

    @property
    def _kind(self) -> str:
        return "weight × scale" if all_corrected(self.beside) else "weight"

    def _weights(self, learned: LayerWeights) -> dict[str, float]:
        """Return the mean weight by layer, as it is drawn."""
        values = learned.corrected if all_corrected(self.beside) else learned.weights
        assert values is not None, "all are corrected"
        return dict(zip(learned.layers, average(values)[0].tolist(), strict=True))

    def _agreement(self, run: str, weights: dict[str, float]) -> str:
        """Say how weights and scores go together (Spearman's rank correlation over layers)."""
        scores = zip(self.layers, (r.scores["uar"].mean for r in self.results), strict=True)
        pairs = np.array([(weights[layer], uar) for layer, uar in scores if layer in weights])
        if len(pairs) < 3:
            return f"{run}: whether {self._kind} follows UAR takes three layers or more to tell."
        if (np.ptp(pairs, axis=0) == 0).any():
            return f"{run}: too little varies over layers to tell whether {self._kind} follows UAR."
        rank = spearmanr(pairs[:, 0], pairs[:, 1]).statistic
        return (
            f"{run}: rank correlation of {self._kind} and UAR over {len(pairs)} layers {rank:.2f}."
        )
