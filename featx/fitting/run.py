"""A fit as a run folder, from its config to its figures."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, astuple
from pathlib import Path

from safetensors.torch import save

from featx.fitting.config import FitConfig
from featx.fitting.data import FitData, load_data
from featx.fitting.fit import Resources, digest_inputs, fit_members
from featx.fitting.member import Member, is_statistic
from featx.fitting.scales import measure_scales
from featx.runs.cost import Cost, write_cost
from featx.runs.folder import MEMBERS, Job, do
from featx.scoring.figures import draw_confusion, draw_layer_weights, draw_training
from featx.scoring.predictions import rounded, score_outcomes, write_predictions
from featx.scoring.results import Results
from featx.utils.files import write_bytes, write_csv, write_json
from featx.utils.machine import describe_environment, device_name, peak_memory

ANYTHING = Resources()
OWN_STATISTICS = (
    "Normalised by speaker: a test utterance is standardised by all test utterances of its "
    "speaker, which must be known before the first is recognised."
)
log = logging.getLogger("featx")


def default_run_name(config: FitConfig) -> str:
    """Return manifest-model-head, as in "manifest-wav2vec2-base-dense", and a named protocol."""
    parts = (config.manifest.stem, config.models, config.head.kind, config.protocol.name)
    return "-".join(filter(None, parts))


def run_fit(
    config: FitConfig,
    folder: Path,
    overwrite: bool = False,
    resources: Resources = ANYTHING,
) -> Results:
    """Fit into a run folder, or return the results of the same fit done before.

    A run that was stopped goes on with the heads not yet trained.

    Args:
        config: what to fit.
        folder: of the run.
        overwrite: replace the run that the folder holds, once the new one is finished.
        resources: what to use; of no effect on the result.

    Raises:
        FeatxError: if the folder holds a run of another config, or no run at all, or the data
            can't be used.
        StoreError: if the store can't be opened.
        Interrupted: on Ctrl-C.
    """
    data = load_data(config, resources.device)

    def work(folder: Path) -> Results:
        return _fit(config, data, folder, resources)

    return do(Job(config.to_toml(), digest_inputs(config, data), work), folder, overwrite)


def _fit(config: FitConfig, data: FitData, folder: Path, resources: Resources) -> Results:
    log.debug("%s", _title(config, data))
    log.debug("%s", "; ".join([f"{len(data.utterances):,} utterances", *data.notes]))
    members = fit_members(config, data, folder / MEMBERS, resources)
    remarks = [f"Note: {note}." for note in data.notes]
    if config.normalize == "speaker":
        remarks.append(OWN_STATISTICS)
    results = score_outcomes(_title(config, data), data, members, remarks)
    write_files(config, data, members, results, folder)
    write_cost(folder, _cost(data, members, resources))
    return results


def _cost(data: FitData, members: Sequence[Member], resources: Resources) -> Cost:
    held, on_gpu = peak_memory(resources.device)
    weights = members[0].weights.items()
    return Cost(
        seconds=sum(epoch.seconds for member in members for epoch in member.history),
        models=len(members),
        peak_memory=held,
        peak_gpu_memory=on_gpu,
        parameters_trained=sum(w.numel() for name, w in weights if not is_statistic(name)),
        features=sum(selection.store.nbytes for selection in data.selections),
        device=device_name(resources.device),
    )


def _title(config: FitConfig, data: FitData) -> str:
    described = data.describe(config.protocol, config.seeds)
    return f"{config.head.kind} head on {data.features}, {config.manifest.name}: {described}"


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
