"""Reading the layer weights that the heads of a run learned from the run's folder."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from featx.errors import Call, FeatxError
from featx.features.encoders.checkpoints.registry import read_registry, short_name
from featx.layer_analysis.weights import LayerWeights
from featx.runs.files import CONFIG, ENVIRONMENT, LAYER_SCALES, LAYER_WEIGHTS
from featx.runs.read import damaged, is_unfinished, locate, read_config, read_environment
from featx.utils.csv_files import read_lines, read_table

_HEADER = ("seed", "fold", "features", "layer", "weight")
_ASR = "fine-tuned for ASR"  # in the registry's words
Key = tuple[str, ...]


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
