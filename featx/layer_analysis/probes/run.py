"""A probe as a run folder, from its config to its picture."""

import logging
from collections.abc import Sequence
from pathlib import Path

import torch

from featx.data.manifest import Manifest
from featx.errors import Call, FeatxError
from featx.fitting.config import FitConfig
from featx.fitting.heads.member import Member
from featx.fitting.inputs.data import FitData
from featx.fitting.plan import PlannedFit, plan_fit
from featx.fitting.results.files import OWN_STATISTICS, write_environment
from featx.fitting.results.outcomes import score_heads, write_heads_predictions
from featx.layer_analysis.figures import draw_probe
from featx.layer_analysis.headline import column_of, fold_scores, headline, thin_lines
from featx.layer_analysis.probes.config import ProbeConfig
from featx.layer_analysis.probes.text import Probe
from featx.layer_analysis.probes.training import fit_probes
from featx.layer_analysis.read_weights import read_weights
from featx.layer_analysis.tables import write_layers
from featx.layer_analysis.weights import LayerWeights
from featx.runs.files import FIGURES, MEMBERS, PREDICTIONS
from featx.runs.folder import open_run
from featx.runs.making import making
from featx.scoring.predictions import rounded
from featx.scoring.results_file import RunResults, read_run_results
from featx.stores.labels import load_labels
from featx.utils.files import write_csv, write_json

_DRAWN, _WEIGHTS = "probe.csv", "weights.csv"  # what the picture shows
log = logging.getLogger("featx")


def run_probe(
    config: ProbeConfig,
    folder: Path,
    overwrite: bool = False,
    weights_of: Sequence[Path] = (),
    manifest: Manifest | None = None,
) -> Probe:
    """Probe every layer into a run folder, or return what the same probe found before.

    Args:
        config: what to probe.
        folder: the folder of the probe.
        overwrite: replace the probe that the folder holds, once the new one is finished.
        weights_of: runs on the same encoder, whose weights are drawn above the scores.
        manifest: the manifest of the config, if it has been loaded.

    Raises:
        FeatxError: if the data can't be used, there is a single layer, the folder holds another
            probe, another process probes into it, or a run has no weights of this encoder's
            layers.
        StoreError: if the store can't be opened.
        Interrupted: on Ctrl-C; the probes fitted so far are kept.
    """
    with making(folder, "probing", overwrite):
        return _run_probe(config, folder, overwrite, weights_of, manifest)


def _run_probe(
    config: ProbeConfig,
    folder: Path,
    overwrite: bool,
    weights_of: Sequence[Path],
    manifest: Manifest | None,
) -> Probe:
    corpus = manifest or load_labels(
        config.manifest, lambda _: [config.features], config.skip_missing
    )
    fit = plan_fit(config.to_fit(), corpus, torch.device("cpu"))
    layers = fit.data.selections[0].layers
    if len(layers) < 2:
        raise FeatxError(
            f"{config.features}: one layer is chosen, {layers[0]}, so there is nothing to compare.",
            Call("Score it", "fit", _same_fit(config)),
        )
    encoder = fit.data.features
    weights = [
        learned for run in dict.fromkeys(weights_of) for learned in _of_encoder(run, encoder)
    ]
    with open_run(config.to_toml(), fit.inputs, folder, overwrite) as run:
        if run.results is None:
            run.results = _probe(fit, run.folder)
    results = [read_run_results(_layer_file(folder, layer)) for layer in layers]
    figures = folder / FIGURES
    if weights or (figures / _WEIGHTS).exists() or not (figures / _DRAWN).exists():
        draw_probe(layers, results, weights, figures / "probe")
        _write_drawn(layers, results, weights, figures)
    return Probe(folder, layers, results, run.results, weights)


def _same_fit(config: ProbeConfig) -> dict[str, object]:
    """Return the arguments of the fit on the only layer of a probe."""
    same = {"head": "linear", "manifest": config.manifest, "features": config.features}
    return same if config.layers == "all" else {**same, "layers": config.layers}


def _of_encoder(run: Path, encoder: str) -> list[LayerWeights]:
    """Return what a run made of an encoder's layers."""
    weights = read_weights(run)
    same = [learned for learned in weights if learned.encoder == encoder]
    if not same:
        others = ", ".join(learned.encoder for learned in weights)
        raise FeatxError(
            f"`weights_of={run}`: its heads average layers of {others}, not of {encoder}."
        )
    return same


def _probe(fit: PlannedFit, folder: Path) -> RunResults:
    config, data = fit.config, fit.data
    protocol = config.protocol.name or config.protocol.title
    title = f"linear probe of {data.features}, {config.manifest.name}: {protocol}"
    log.debug("%s", title)
    by_layer = fit_probes(fit, folder / MEMBERS)
    layers = data.selections[0].layers
    remarks = [f"Note: {note}." for note in data.task.notes]
    if config.normalize == "speaker":
        remarks.append(OWN_STATISTICS["speaker"])
    for layer, members in zip(layers, by_layer, strict=True):
        results = score_heads(f"{title}, layer {layer}", data.task, members, remarks)
        write_json(_layer_file(folder, layer), results.to_json())
    write_environment(data, fit.inputs, folder)
    _write_probes(data, config, by_layer, folder)
    chosen = [max(probes, key=_validation_score) for probes in zip(*by_layer, strict=True)]
    write_heads_predictions(data.task, chosen, folder / PREDICTIONS)
    return score_heads(title, data.task, chosen, remarks)


def _validation_score(probe: Member) -> float:
    return probe.best_epoch.validation_score


def _write_probes(
    data: FitData, config: FitConfig, by_layer: Sequence[Sequence[Member]], folder: Path
) -> None:
    """Write each probe of a layer and fold, with the scores of its fold (UAR in percent)."""
    features = data.selections[0].store.folder.name
    rows = []
    for layer, members in zip(data.selections[0].layers, by_layer, strict=True):
        for member in members:
            results = score_heads("", data.task, [member], ())
            strength = config.head.strengths[member.best]  # type: ignore[union-attr]  # it is linear
            scores = fold_scores(results, _validation_score(member))
            rows.append((features, layer, member.fold, strength, *rounded(list(scores.values()))))
    write_csv(folder / "probe.csv", ("features", "layer", "fold", "strength", *scores), rows)


def _write_drawn(
    layers: Sequence[str],
    results: Sequence[RunResults],
    weights: Sequence[LayerWeights],
    folder: Path,
) -> None:
    """Write what the picture shows: scores over all folds with intervals, and weights if any."""
    lines, name = thin_lines(results), column_of(results[0])
    rows = [
        (layer, *rounded([score.mean, score.low, score.high, *each]))
        for layer, score, *each in zip(layers, map(headline, results), *lines.values(), strict=True)
    ]
    header = ("layer", name, f"{name}_low", f"{name}_high", *(f"{name}_{own}" for own in lines))
    write_csv(folder / _DRAWN, header, rows)
    path = folder / _WEIGHTS
    path.unlink(missing_ok=True)  # of another picture
    if weights:
        write_layers(weights, path)


def _layer_file(folder: Path, layer: str) -> Path:
    return folder / "layers" / f"{layer}.json"
