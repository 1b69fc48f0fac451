"""The layer weights that the heads of a run learned."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from featx.comparison.systems.files import shortest_names
from featx.errors import Call, FeatxError
from featx.features.encoders.checkpoints.find import read_registry, short_name
from featx.runs.files import CONFIG, ENVIRONMENT, LAYER_SCALES, LAYER_WEIGHTS
from featx.runs.read import (
    damaged,
    is_unfinished,
    locate,
    read_config,
    read_environment,
)
from featx.utils.csv_files import read_lines, read_table

_HEADER = ("seed", "fold", "features", "layer", "weight")
_SAME = 0.0005  # weights closer than this are shown alike
_ASR = "fine-tuned for ASR"  # in the registry's words

Key = tuple[str, ...]


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


def read_weights(run: Path) -> list[LayerWeights]:
    """Read what the heads of a run learned about layers.

    Args:
        run: the run's folder.

    Returns:
        An entry for each store of which several layers were averaged.

    Raises:
        FeatxError: if it is no finished run, has no such store, or its files are damaged.
    """
    if not (run / CONFIG).exists():
        raise FeatxError(f"{run}: no run folder; it has no {CONFIG}. Give one that a fit made.")
    if is_unfinished(run):
        raise FeatxError(f"{run}: not finished. Start the same run again to go on with it.")
    if not (run / LAYER_WEIGHTS).exists():
        raise FeatxError(
            f"{run}: no {LAYER_WEIGHTS}: heads on stored features average layers, a vote does "
            "not, and a fine-tuning with head.average alone. Give a run with a head that does, "
            "such as dense."
        )
    if found := find_weights(run):
        return found
    stores = _read_heads(run)
    if not stores:
        raise FeatxError(
            f"{run}: a {_kind(run)} head has no average of layers, each feature of "
            "every layer has a weight of its own. Give a run with a head that averages layers, "
            "such as dense. A probe shows what a linear classifier finds in each layer."
        )
    raise FeatxError(
        f"{run}: its heads were given one layer of {', '.join(stores)}, so there is nothing "
        "to weigh.",
        Call("Fit on a store with several", "fit", {"model": "wav2vec2-base"}),
    )


def find_weights(run: Path) -> list[LayerWeights]:
    """Read what the heads of a run learned about layers, if they learned anything.

    Args:
        run: the run's folder.

    Returns:
        An entry for each store of which several layers were averaged; none for other runs.

    Raises:
        FeatxError: if the run's files are damaged.
    """
    stores = _read_heads(run) if (run / LAYER_WEIGHTS).exists() else {}
    scales: _Stores = {}
    if (run / LAYER_SCALES).exists():
        scales = _read_by_head(run / LAYER_SCALES, "scale", ("fold",))
    found = []
    for place, (features, heads) in enumerate(stores.items()):
        layers = tuple(next(iter(heads.values())))
        if len(layers) < 2:
            continue
        own = _scales_of_heads(run, scales[features], heads) if features in scales else None
        encoder = _encoder(run, place, len(stores))
        found.append(
            LayerWeights(
                run=run,
                manifest=_manifest(run),
                features=features,
                encoder=encoder,
                tuned_for_asr=_tuned_for_asr(encoder),
                layers=layers,
                weights=_table(heads),
                scales=own,
            )
        )
    return found


_Heads = Mapping[Key, Mapping[str, float]]  # by seed and fold, or fold; then by layer
_Stores = Mapping[str, _Heads]


def _read_heads(run: Path) -> _Stores:
    """Return the learned weights, none of a run whose heads average no layers."""
    path = run / LAYER_WEIGHTS
    if [fields for _, fields in read_lines(path)] == [list(_HEADER)]:
        return {}
    return _read_by_head(path, "weight", ("seed", "fold"))


def _scales_of_heads(run: Path, folds: _Heads, heads: _Heads) -> np.ndarray:
    """Return (heads, layers) of what each head was trained on."""
    for (_, fold), layers in heads.items():
        if tuple(folds.get((fold,), ())) != tuple(layers):
            raise damaged(run / LAYER_SCALES, f"it lacks layers of fold {fold}")
    return _table({(seed, fold): folds[fold,] for seed, fold in heads})


def _manifest(run: Path) -> Path:
    """Return the run's manifest, as the run calls it if it is not at hand."""
    name = read_config(run).get("manifest")
    if not isinstance(name, str):
        raise damaged(run / CONFIG, "no manifest in it")
    return Path(os.path.normpath((locate(run, name) or Path(name)).absolute()))


def _kind(run: Path) -> str:
    head = read_config(run).get("head")
    if not isinstance(head, dict):
        raise damaged(run / CONFIG, "no head in it")
    return str(head.get("kind"))


def _encoder(run: Path, place: int, stores: int) -> str:
    """Return the encoder of one of the stores that a run was fitted on, or that it fine-tuned."""
    environment = read_environment(run)
    features = environment.get("features", [environment.get("encoder")])
    if isinstance(features, list) and len(features) == stores and isinstance(features[place], dict):
        encoder = features[place].get("encoder")
        if isinstance(encoder, str):
            return encoder
    raise damaged(run / ENVIRONMENT, f"it does not say which encoder each store of {stores} is of")


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
        if not 0 <= number < np.inf:  # NaN neither
            table.problems.add("unusable values", line, f"{value} is {row[value]!r}")
        key = tuple(row[name] for name in head)
        layers = found.setdefault(row["features"], {}).setdefault(key, {})
        if row["layer"] in layers:
            table.problems.add("repeated layers", line, f"layer {row['layer']} is there twice")
        layers[row["layer"]] = number
    table.problems.refuse(path)
    for features, heads in found.items():
        if len({tuple(layers) for layers in heads.values()}) > 1:
            raise damaged(path, f"the layers of {features} differ between heads")
        layers = next(iter(heads.values()))
        if len(layers) > 1 and not all(map(str.isdecimal, layers)):
            raise damaged(path, f"layers {', '.join(layers)}, not all numbers")
    return found


def _table(heads: _Heads) -> np.ndarray:
    """Return (heads, layers)."""
    return np.array([list(values.values()) for values in heads.values()])


def _tuned_for_asr(encoder: str) -> bool:
    entry = read_registry().get(short_name(encoder))
    return entry is not None and _ASR in entry.pretraining
