"""The files of a run."""

from collections.abc import Sequence
from dataclasses import asdict, astuple
from pathlib import Path

from safetensors.torch import save

from featx.environment import describe_environment
from featx.figures import draw_confusion, draw_layer_weights, draw_training
from featx.files import write_bytes, write_csv, write_json
from featx.fit import digest_inputs
from featx.fit_config import FitConfig
from featx.fit_data import FitData
from featx.layer_analysis.scales import measure_scales
from featx.member import Member
from featx.outcomes import rounded, write_predictions
from featx.results import Results


def write_files(
    config: FitConfig, data: FitData, members: Sequence[Member], results: Results, folder: Path
) -> None:
    """Write everything that a finished run leaves but its config, log and scores.

    Args:
        config: what was fitted.
        data: on what.
        members: the heads.
        results: their scores.
        folder: of the run.
    """
    write_environment(config, data, folder)
    _write_history(members, folder)
    write_predictions(data, members, folder / "predictions.csv")
    _write_layer_weights(data, members, folder)
    _write_layer_scales(config, data, members, folder)
    _write_model(config, data, members, folder)
    figures = folder / "figures"
    draw_confusion(results, figures / "confusion")
    averaged = _averaged(data, members)
    if any(len(layers) > 1 for _, layers in averaged):
        draw_layer_weights(members, averaged, figures / "layer_weights")
    if config.training:  # linear classifiers have no epochs
        draw_training(members, figures / "training")


def write_environment(config: FitConfig, data: FitData, folder: Path) -> None:
    """Write `environment.json`: where and on which features a run was made."""
    environment = {
        **describe_environment(),
        "inputs_sha256": digest_inputs(config, data),
        "features": [
            {**one.store.identity, "software": one.store.software} for one in data.selections
        ],
    }
    write_json(folder / "environment.json", environment)


def _write_history(members: Sequence[Member], folder: Path) -> None:
    header = ("seed", "fold", "epoch", "train_loss", "validation_loss", "validation_uar", "seconds")
    rows = ((m.seed, m.fold, *rounded(astuple(epoch))) for m in members for epoch in m.history)
    write_csv(folder / "history.csv", header, rows)


def _averaged(data: FitData, members: Sequence[Member]) -> list[tuple[str, list[str]]]:
    """Return name and layers of each store that the heads average; none if they do not."""
    names = [one.store.folder.name for one in data.selections]
    if len(set(names)) < len(names):
        names = [str(one.store.folder) for one in data.selections]
    layers = [one.layers for one in data.selections]
    return list(zip(names, layers, strict=True)) if members[0].layer_weights else []


def _write_layer_weights(data: FitData, members: Sequence[Member], folder: Path) -> None:
    rows = (
        (member.seed, member.fold, store, layer, *rounded([weight]))
        for member in members
        for (store, layers), weights in zip(
            _averaged(data, members), member.layer_weights, strict=True
        )
        for layer, weight in zip(layers, weights.tolist(), strict=True)
    )
    header = ("seed", "fold", "features", "layer", "weight")
    write_csv(folder / "layer_weights.csv", header, rows)


def _write_layer_scales(
    config: FitConfig, data: FitData, members: Sequence[Member], folder: Path
) -> None:
    """Write how large the layers are that were weighed; nothing where there was one alone."""
    rows = [
        (fold.number, store, layer, *rounded([scale]))
        for place, (store, layers) in enumerate(_averaged(data, members))
        if len(layers) > 1
        for fold, scales in zip(
            data.folds, measure_scales(data, place, config.normalize), strict=True
        )
        for layer, scale in zip(layers, scales.tolist(), strict=True)
    ]
    if rows:
        write_csv(folder / "layer_scales.csv", ("fold", "features", "layer", "scale"), rows)


def _write_model(config: FitConfig, data: FitData, members: Sequence[Member], folder: Path) -> None:
    tensors = {
        f"seed{m.seed}.fold{m.fold}.{name}": value
        for m in members
        for name, value in m.weights.items()
    }
    write_bytes(folder / "model.safetensors", save(tensors))
    description = {
        "head": config.head.model_dump(),
        "normalize": config.normalize,
        "classes": list(data.classes),
        "inputs": [
            {**asdict(one.shape), "layers": one.layers, "features": one.store.identity}
            for one in data.selections
        ],
        "members": [
            {"prefix": f"seed{m.seed}.fold{m.fold}.", "seed": m.seed, "fold": m.fold,
             "best_epoch": m.best_epoch.epoch}
            for m in members
        ],
    }  # fmt: skip
    write_json(folder / "model.json", description)
