"""The layer weights that the heads of a run learned."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from featx.errors import FeatxError
from featx.layer_analysis.scales import correct
from featx.registry import read_registry, store_name
from featx.tables import read_lines, read_table

WEIGHTS_FILE, SCALES_FILE = "layer_weights.csv", "layer_scales.csv"
_ASR = "fine-tuned for ASR"  # in the registry's words

Key = tuple[str, ...]


@dataclass(frozen=True)
class LayerWeights:
    """What the heads of a run made of one store's layers.

    Attributes:
        run: the run's folder.
        corpus: the manifest's name.
        features: the store, as the run calls it.
        encoder: whose layers they are.
        tuned_for_asr: whether the registry says that the encoder was.
        layers: their names; "0" is the local encoder.
        weights: (heads, layers), each head's adding up to one.
        scales: (heads, layers), of the features that each head was trained on; None if the run
            was made before they were kept.
    """

    run: Path
    corpus: str
    features: str
    encoder: str
    tuned_for_asr: bool
    layers: tuple[str, ...]
    weights: np.ndarray
    scales: np.ndarray | None

    @cached_property
    def corrected(self) -> np.ndarray | None:
        """(heads, layers), the weights corrected for scale; None if that is unknown."""
        return None if self.scales is None else correct(self.weights, self.scales)

    @property
    def numbers(self) -> list[int]:
        """The layers' numbers."""
        return [int(layer) for layer in self.layers]


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
    return all(one.scales is not None for one in weights)


def read_weights(run: Path) -> list[LayerWeights]:
    """Read what the heads of a run learned about layers.

    Args:
        run: its folder.

    Returns:
        An entry for each store of which several layers were averaged.

    Raises:
        FeatxError: if it is no finished run, has no such store, or its files are damaged.
    """
    config = _read_config(run)
    weights = _read_by_head(run / WEIGHTS_FILE, "weight", ("seed", "fold"))
    scales: Mapping[str, Mapping[Key, Mapping[str, float]]] = {}
    if (run / SCALES_FILE).exists():
        scales = _read_by_head(run / SCALES_FILE, "scale", ("fold",))
    identities = json.loads((run / "environment.json").read_text("utf-8"))["features"]
    found = []
    for (features, heads), identity in zip(weights.items(), identities, strict=True):
        layers = tuple(next(iter(heads.values())))
        if len(layers) < 2:
            continue
        of_heads = None
        if features in scales:
            folds = scales[features]
            if any(tuple(folds.get((fold,), ())) != layers for _, fold in heads):
                raise FeatxError(f"{run}: damaged, {SCALES_FILE} lacks folds or layers.")
            of_heads = _table({(seed, fold): folds[fold,] for seed, fold in heads})
        encoder = identity["encoder"]
        found.append(
            LayerWeights(
                *(run, Path(config["manifest"]).stem, features, encoder, _tuned_for_asr(encoder)),
                *(layers, _table(heads), of_heads),
            )
        )
    if not found:
        raise FeatxError(
            f"{run}: its heads were given one layer of {', '.join(weights)}, so there is nothing "
            "to weigh. Fit on a store with several: featx fit --model wav2vec2-base"
        )
    return found


def _read_config(run: Path) -> dict[str, Any]:
    """Return the config of a finished run whose heads average layers."""
    if not (run / "config.toml").is_file():
        raise FeatxError(f"{run}: no run folder; it has no config.toml. Give one that fit made.")
    if not (run / "metrics.json").is_file():
        raise FeatxError(f"{run}: not finished. The command that began it goes on with it.")
    config = tomllib.loads((run / "config.toml").read_text("utf-8"))
    if not (run / WEIGHTS_FILE).is_file():
        raise FeatxError(
            f"{run}: no {WEIGHTS_FILE}: only heads of `featx fit` average layers, a fine-tuning "
            "or vote does not. Give a run with a dense, lstm or fusion head."
        )
    if len(read_lines(run / WEIGHTS_FILE)) == 1:
        raise FeatxError(
            f"{run}: a {config['head']['kind']} head has no average of layers, each feature of "
            "every layer has a weight of its own. Give a run with a dense, lstm or fusion head; "
            "`featx probe` shows what a linear classifier finds in each layer."
        )
    return config


def _read_by_head(
    path: Path, value: str, head: tuple[str, ...]
) -> dict[str, dict[Key, dict[str, float]]]:
    """Return the values of a file by features, head and layer, in the file's order."""
    table = read_table(path, (*head, "features", "layer", value))
    found: dict[str, dict[Key, dict[str, float]]] = {}
    for line, row in table.rows():
        try:
            number = float(row[value])
        except ValueError:
            number = np.nan
        if not number >= 0:  # NaN neither
            table.problems.add("unusable values", line, f"{value} is {row[value]!r}")
        key = tuple(row[name] for name in head)
        found.setdefault(row["features"], {}).setdefault(key, {})[row["layer"]] = number
    table.problems.refuse(path)
    for features, heads in found.items():
        if len({tuple(layers) for layers in heads.values()}) > 1:
            raise FeatxError(f"{path}: damaged, the layers of {features} differ between heads.")
    return found


def _table(heads: Mapping[Key, Mapping[str, float]]) -> np.ndarray:
    """Return (heads, layers)."""
    return np.array([list(values.values()) for values in heads.values()])


def _tuned_for_asr(encoder: str) -> bool:
    registry = read_registry().items()
    known = {key: one for name, one in registry for key in (name, store_name(one.hub_id))}
    return encoder in known and _ASR in known[encoder].pretraining
