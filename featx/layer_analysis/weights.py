"""The layer weights that the heads of a run learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from featx.comparison.systems.files import shortest_names
from featx.features.encoders.checkpoints.registry import short_name

_SAME = 0.0005  # weights closer than this are shown alike


@dataclass(frozen=True)
class LayerWeights:
    """What the heads of a run made of one store's layers.

    Attributes:
        run: the run's folder.
        manifest: the manifest of its corpus.
        features: the store, as the run calls it.
        encoder: the encoder whose layers they are.
        tuned_for_asr: whether the registry says that the encoder was.
        layers: their names; "0" is the local encoder.
        weights: (heads, layers), each head's adding up to one.
        scales: (heads, layers), of the features that each head was trained on; None if the run
            was made before they were kept.
    """

    run: Path
    manifest: Path
    features: str
    encoder: str
    tuned_for_asr: bool
    layers: tuple[str, ...]
    weights: np.ndarray
    scales: np.ndarray | None

    @property
    def name(self) -> str:
        """The name of the encoder, short if the registry has it."""
        return short_name(self.encoder)

    @cached_property
    def corrected(self) -> np.ndarray | None:
        """(heads, layers), the weights corrected for scale; None if that is unknown."""
        return None if self.scales is None else correct(self.weights, self.scales)

    @property
    def is_of_one_scale(self) -> bool:
        """Whether correcting for scale changes nothing, as where layers were standardised."""
        return self.corrected is not None and bool(
            np.abs(self.corrected - self.weights).max() < _SAME
        )

    @property
    def numbers(self) -> list[int]:
        """The layers' numbers."""
        return [int(layer) for layer in self.layers]


def correct(weights: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Correct weights for the scale of what they weigh: w_i s_i / Σ_j w_j s_j.

    A layer counts in the average by its weight times the size of its features: the same average
    of standardised layers would need these weights. Ours.

    Args:
        weights: (..., layers), not negative.
        scales: (..., layers), not negative, as from `layer_scales`.

    Returns:
        (..., layers), adding up to one; zeros if every layer with a weight is constant.
    """
    products = weights * scales
    total = products.sum(-1, keepdims=True)
    return np.asarray(products / np.where(total > 0, total, 1))


def average(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and sample deviation (ddof 1) over heads, seeds and folds alike.

    Args:
        values: (heads, layers).

    Returns:
        Twice (layers,); the deviation of one head is NaN.
    """
    heads, layers = values.shape
    return values.mean(0), values.std(0, ddof=1) if heads > 1 else np.full(layers, np.nan)


def all_corrected(weights: Sequence[LayerWeights]) -> bool:
    """Tell whether weights beside a probe are shown corrected: if it can be done for all."""
    return all(learned.scales is not None for learned in weights)


def name_corpora(weights: Sequence[LayerWeights]) -> dict[Path, str]:
    """Return what each manifest's corpus is called: its name, with what tells it from others."""
    names = shortest_names(list(dict.fromkeys(learned.manifest for learned in weights)))
    short = {path: str(Path(name).with_suffix("")) for path, name in names.items()}
    return short if len(set(short.values())) == len(short) else names
