"""What each layer holds: a linear probe as a run folder."""

import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
from pydantic import Field, PositiveFloat

from classifiers.linear import LinearSettings, Strength
from featx.data.manifest import Manifest
from featx.errors import Call, FeatxError
from featx.fitting.config import FitConfig
from featx.fitting.given_data import choose_data, copied_settings
from featx.fitting.heads.member import Member
from featx.fitting.inputs.data import FitData
from featx.fitting.plan import PlannedFit, plan_fit
from featx.fitting.results.files import OWN_STATISTICS, write_environment
from featx.fitting.results.outcomes import score_heads, write_heads_predictions
from featx.layer_analysis.choices import OwnOrGlobal
from featx.layer_analysis.figures import draw_probe
from featx.layer_analysis.headline import column_of, fold_scores, headline, thin_lines
from featx.layer_analysis.probe_text import Probe
from featx.layer_analysis.probe_training import fit_probes
from featx.layer_analysis.tables import write_layers
from featx.layer_analysis.weights import LayerWeights, read_weights
from featx.protocols.choices import TaskKind
from featx.protocols.protocol import Protocol
from featx.runs.files import FIGURES, MEMBERS, PREDICTIONS
from featx.runs.folder import open_run, run_folder
from featx.runs.making import making
from featx.scoring.predictions import rounded
from featx.scoring.results_file import RunResults, read_run_results
from featx.stores.labels import load_labels
from featx.utils.config import Place, Schema, check_config
from featx.utils.files import AnyPath, as_paths, write_csv, write_json

ROOT = Path("probes")
_DRAWN, _WEIGHTS = "probe.csv", "weights.csv"  # what the picture shows
STRENGTHS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


class ProbeConfig(Schema):
    """A probe of a store's layers; its `config.toml`.

    Attributes:
        manifest: the CSV with the labels, relative to the working folder.
        features: the folder of the store, relative to the working folder.
        layers: the layers to probe: "all", or such as "0,4-12".
        seconds: how much of the beginning of each utterance is used; `inf` for all of it.
        normalize: "global" standardises by the training utterances; "speaker" by the speaker's own
            in the same part of the fold, before.
        strengths: values of C to try, the inverse of regularisation; that with the highest score
            on validation data is taken.
        skip_missing: whether utterances without features are left out.
        protocol: which utterances under which labels, and how they are divided.
    """

    manifest: Place
    features: Place
    layers: str = "all"
    seconds: PositiveFloat = math.inf
    normalize: OwnOrGlobal = "global"
    strengths: Annotated[tuple[Strength, ...], Field(min_length=1)] = STRENGTHS
    skip_missing: bool = False
    protocol: Protocol

    def to_fit(self) -> FitConfig:
        """Return the fit that does with all layers together what the probe does with each."""
        head = LinearSettings(kind="linear", pooling="mean", strengths=self.strengths)
        same = self.model_dump(mode="json", exclude={"features", "strengths"})
        table = {
            **same,
            "features": [str(self.features)],
            "head_name": head.kind,
            "head": head.model_dump(),
            "seeds": 1,
        }
        return check_config(table, FitConfig, "probe")

    @property
    def default_name(self) -> str:
        """manifest-model, as in "manifest-wav2vec2-base", and a named protocol and target."""
        learned = self.protocol.target.name
        parts = (self.manifest.stem, self.features.name, self.protocol.name, learned)
        return "-".join(filter(None, parts))


log = logging.getLogger("featx")


def probe(
    model: str | None = None,
    manifest: str | Path = "manifest.csv",
    *,
    features: str | Path | None = None,
    store: str | None = None,
    layers: str = "all",
    normalize: OwnOrGlobal = "global",
    protocol: str | Path | Protocol | None = None,
    target: str | Sequence[str] | None = None,
    task: TaskKind | None = None,
    folds: int = 5,
    speaker_dependent: bool = False,
    seconds: float = math.inf,
    skip_missing: bool = False,
    weights_of: AnyPath | Sequence[AnyPath] = (),
    name: str | None = None,
    overwrite: bool = False,
) -> Probe:
    """Show what each layer of a store holds: a linear probe of each, scored on test data.

    Args:
        model: the model whose layers to probe. It may be left out where the manifest has a
            single store.
        manifest: the CSV with the labels.
        features: the folder of the store, if it is not under `features`.
        store: use the features in features/STORE/MODEL, which several manifests share.
        layers: which layers to probe: "all", or numbers and ranges such as "0,4-12".
        normalize: standardise features by all training utterances ("global"), or before that by
            each speaker's own utterances, also in test ("speaker").
        protocol: who trains and who is tested, as for `featx.fit`.
        target: the columns that are learned in place of the label, as for `featx.fit`; numbers are
            probed by ridge regression.
        task: how the target is learned, as for `featx.fit`.
        folds: how many folds to make where neither a protocol nor the manifest divides.
        speaker_dependent: let training and test share speakers.
        seconds: how much of the beginning of each utterance is used.
        skip_missing: leave out utterances that have no features.
        weights_of: runs on the same encoder, whose learned weights are drawn above the scores.
        name: what the probe is called; by default its manifest, model and protocol.
        overwrite: replace the probe of that name, once the new one is finished.

    Returns:
        The scores of every layer; their files are in `probes/NAME`.

    Raises:
        FeatxError: if an argument, the manifest or the store can't be used, or the folder holds
            another probe.

    Example:
        >>> from featx.layer_analysis.probe import probe
        >>> print(probe("encoder", folds=3).to_text())
    """
    given = dict(locals())
    corpus, data = choose_data(probe, given)
    table = {**data, "features": data["features"][0], **copied_settings(given)}
    config = check_config(table, ProbeConfig, "probe")
    folder = run_folder(name or config.default_name, ROOT)
    return run_probe(config, folder, overwrite, as_paths(weights_of), corpus)


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
