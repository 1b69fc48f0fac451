"""`probe`: what each layer of a store holds, by a linear probe of each."""

import math
from collections.abc import Sequence
from pathlib import Path

from featx.fitting.given_data import choose_data, copied_settings
from featx.layer_analysis.probes.choices import OwnOrGlobal
from featx.layer_analysis.probes.config import ProbeConfig
from featx.layer_analysis.probes.run import run_probe
from featx.layer_analysis.probes.text import Probe
from featx.protocols.choices import TaskKind
from featx.protocols.protocol import Protocol
from featx.runs.folder import run_folder
from featx.utils.config import check_config
from featx.utils.files import AnyPath, as_paths

ROOT = Path("probes")


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
        >>> from featx.layer_analysis.probes.probe import probe
        >>> print(probe("encoder", folds=3).to_text())
    """
    given = dict(locals())
    corpus, data = choose_data(probe, given)
    table = {**data, "features": data["features"][0], **copied_settings(given)}
    config = check_config(table, ProbeConfig, "probe")
    folder = run_folder(name or config.default_name, ROOT)
    return run_probe(config, folder, overwrite, as_paths(weights_of), corpus)
