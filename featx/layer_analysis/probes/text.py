"""What a probe found, as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from featx.layer_analysis.headline import (
    axis_of,
    form_of,
    further,
    further_names,
    headline,
    name_of,
    unit_of,
)
from featx.layer_analysis.weights import LayerWeights, all_corrected, average
from featx.scoring.results_file import RunResults
from featx.scoring.text import WIDE, plain_table, render


@dataclass(frozen=True)
class Probe:
    """What a probe found.

    Attributes:
        folder: where its files are.
        layers: the names of the probed layers.
        results: the scores of each layer on test utterances.
        chosen: the scores of the layer that validation data chooses in each fold.
        learned: what heads made of the same layers.
    """

    folder: Path
    layers: Sequence[str]
    results: Sequence[RunResults]
    chosen: RunResults
    learned: Sequence[LayerWeights]

    def to_text(self) -> str:
        """Return the scores by layer beside the weights, and what to know about them."""
        names = [learned.run.name for learned in self.learned]
        form, unit = form_of(self.chosen), unit_of(self.chosen)
        interval = f"95 % over {self.chosen.resampled}"
        table = plain_table(
            "layer", axis_of(self.chosen), interval, *further_names(self.chosen), *names
        )
        weights = list(map(self._weights, self.learned))
        for layer, result in zip(self.layers, self.results, strict=True):
            score = headline(result)
            table.add_row(
                "0 (local encoder)" if layer == "0" else layer,
                f"{score.mean:{form}}",
                f"{score.low:{form}} to {score.high:{form}}",
                *further(result),
                *(f"{own[layer]:.3f}" if layer in own else "" for own in weights),
            )
        best = headline(self.chosen)
        notes = [
            f"{name_of(self.chosen)} of the layer that validation data chooses in each fold: "
            f"{best.mean:{form}}{unit}, {best.low:{form}} to {best.high:{form}}. The best row "
            "above is the best on test data.",
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
            "weights": {learned.run.as_posix(): self._weights(learned) for learned in self.learned},
        }

    @property
    def _kind(self) -> str:
        return "weight × scale" if all_corrected(self.learned) else "weight"

    def _weights(self, learned: LayerWeights) -> dict[str, float]:
        """Return the mean weight by layer, as it is drawn."""
        values = learned.corrected if all_corrected(self.learned) else learned.weights
        assert values is not None, "all are corrected"
        return dict(zip(learned.layers, average(values)[0].tolist(), strict=True))

    def _agreement(self, run: str, weights: dict[str, float]) -> str:
        """Say how weights and scores go together (Spearman's rank correlation over layers)."""
        metric = name_of(self.chosen)
        scores = zip(self.layers, (headline(r).mean for r in self.results), strict=True)
        pairs = np.array([(weights[layer], score) for layer, score in scores if layer in weights])
        if len(pairs) < 3:
            return (
                f"{run}: whether {self._kind} follows {metric} takes three layers or more to tell."
            )
        if (np.ptp(pairs, axis=0) == 0).any():
            return (
                f"{run}: too little varies over layers to tell whether {self._kind} follows "
                f"{metric}."
            )
        rank = spearmanr(pairs[:, 0], pairs[:, 1]).statistic
        return (
            f"{run}: rank correlation of {self._kind} and {metric} over {len(pairs)} layers "
            f"{rank:.2f}."
        )
