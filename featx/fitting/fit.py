"""`featx.fit`: train a head on stored features, into a run folder."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from cache import FeatureStore
from featx.data.manifest import Manifest
from featx.engines.choices import EngineName
from featx.engines.engine import Engine
from featx.errors import Call, FeatxError
from featx.features.stores.folders import copies_folder
from featx.fitting.choices import WITH_CONFIG, Normalize
from featx.fitting.config import FitConfig, earlier_config, head_config
from featx.fitting.given_data import (
    Given,
    Store,
    choose_data,
    compute_with,
    copied_settings,
    refuse_with_config,
    refuse_with_features,
)
from featx.fitting.inputs.corpora import Corpus, join_corpora
from featx.fitting.run import run_fit
from featx.fitting.training.actors import train_on
from featx.protocols.choices import TaskKind
from featx.protocols.corpora_protocol import corpora_protocol
from featx.protocols.protocol import Protocol
from featx.runs.folder import run_folder
from featx.runs.run import Run
from featx.utils.arguments import as_list, checked, refuse_with
from featx.utils.files import AnyPath
from featx.utils.remote.path import is_url, to_path


@checked
def fit(
    head: str | Path = "dense",
    model: str | Sequence[str] | None = None,
    manifest: str | Path | Manifest = "manifest.csv",
    *,
    train: Corpus | Sequence[Corpus] | None = None,
    test: Corpus | Sequence[Corpus] | None = None,
    fold_speakers: bool = False,
    features: Store | Sequence[Store] | None = None,
    store: str | None = None,
    augmented: str | Path | Sequence[str | Path] | None = None,
    layers: str | int | Sequence[int] = "all",
    normalize: Normalize = "global",
    protocol: str | Path | Protocol | None = None,
    target: str | Sequence[str] | None = None,
    task: TaskKind | None = None,
    seeds: PositiveInt = 1,
    folds: int = 5,
    speaker_dependent: bool = False,
    seconds: PositiveFloat = math.inf,
    skip_missing: bool = False,
    keep_duplicates: bool = False,
    final: bool = False,
    settings: str | Sequence[str] = (),
    config: AnyPath | FitConfig | None = None,
    name: str | None = None,
    memory: NonNegativeFloat | None = None,
    device: str = "cpu",
    engine: EngineName = "local",
    address: str | None = None,
    overwrite: bool = False,
) -> Run:
    """Train a head on stored features, and score it on speakers that it has not heard.

    The same call made again returns the finished run, or goes on where the run was stopped.

    Args:
        head: "dense", "lstm", "fusion", "linear", "svm", "pepino2021", or the path of a TOML like
            the shipped ones.
        model: whose features to use: a name, or several for fusion. It may be left out where
            `features/MANIFEST` holds a single store.
        manifest: the CSV with the labels, its URL, or a manifest that is loaded already.
        train: in place of `manifest`, the manifests of corpora to learn from, while those of `test`
            are tested whole. Each has features of its own, features/MANIFEST/MODEL. Of the speakers
            who are learned from one in `folds` validates: they are dealt into groups, those of each
            corpus and of them each sex in turn, and the first group validates. The classes are
            those that all corpora have. Of a `protocol` its labels count, not its division.
        test: the manifests of the corpora to test on. Speakers or sounds that are in training
            too are refused; speakers of one name are the same where the manifests' column "corpus"
            says the same.
        fold_speakers: where `train` and `test` share speakers, divide the speakers of both into
            `folds` folds; those who are tested are in neither training nor validation.
        features: the store, its folder or URL, or several for fusion, if not under `features`.
        store: use the features in features/STORE/MODEL, which several manifests share.
        augmented: learn from augmented copies too, which `featx.extract` made with `augment`: the
            name of their preset, or the folder of their store, or several for fusion. Nothing is
            validated, tested or standardised by them.
        layers: which layers of an encoder: "all", "local", "contextual" (the encoder's output), or
            numbers and ranges such as "0,4-12" or `[0, 4]`.
        normalize: how features are standardised: "global" by the mean and deviation of all
            training utterances, "speaker" by those of each speaker's own utterances, also in
            test, "corpus" by those of each corpus likewise, "none" not at all.
        protocol: who trains and who is tested: a shipped protocol's name, the path of a TOML, or
            a `Protocol`. Without one the manifest's split is followed, or else speakers are
            divided into folds.
        target: the manifest's column that is learned in place of the label, such as "sex", or
            several columns of numbers, such as "arousal" and "valence".
        task: "classification" or "regression"; by default columns of numbers are learned by
            regression if there are several, or fractions, or more than ten different numbers.
            "distribution" learns each label's share of the annotators' votes, from columns
            `p_LABEL`; "multilabel" several labels at once, from target columns of 0 and 1, or from
            one of labels joined by "|".
        seeds: how many heads to train for each fold, each from another random seed.
        folds: how many folds to make where neither a protocol nor the manifest divides.
        speaker_dependent: let training and test share speakers.
        seconds: how much of the beginning of each utterance is used.
        skip_missing: leave out utterances that have no features.
        keep_duplicates: let the same sound be in training and test under several names. The run
            is marked as such.
        final: train one more head for each seed on all utterances, once cross-validation has
            chosen how; `featx.predict` uses it, and its score is the cross-validated one. A
            finished run without it is added to.
        settings: changes of single settings, such as "training.learning_rate=1e-3".
        config: repeat this run: itself, its folder, its config or its `config.toml`.
        name: what the run is called; by default its manifest, model, head and protocol.
        memory: GB that features may take while heads train; by default 60 % of what is free.
        device: "cpu", or "cuda" to keep the features and train on a GPU.
        engine: "local" trains heads in this process, "ray" on the machines of a Ray cluster, a
            core or a GPU each; they must see the store and this folder. Results are the same.
        address: the Ray cluster to join; by default this machine alone.
        overwrite: replace the run of that name, once the new one is finished.

    Returns:
        The run, whose folder is `runs/NAME`.

    Raises:
        FeatxError: if an argument, a manifest or a store can't be used, the same sound is in
            two parts of a fold, the folder holds another run, or training diverges.

    Example:
        >>> run = featx.fit("dense", "encoder", folds=3, settings="training.epochs=3", name="new")
        >>> print(run.results.to_text())
    """
    given = dict(locals())
    changes: list[str] = as_list(settings)
    corpus: Manifest | None = None
    if config is not None:
        refuse_with_config(fit, given, WITH_CONFIG)
        resolved = earlier_config(config, changes)
        if final:
            resolved = resolved.model_copy(update={"final": True})
    else:
        several = train is not None or test is not None
        corpus, data = _several_corpora(given) if several else _one_corpus(given)
        data |= {**copied_settings(given), "final": final}
        resolved = head_config(str(head), data, changes)
    folder = run_folder(name or resolved.name)
    compute = compute_with(device, memory)
    with Engine(engine, address) as machines, train_on(machines) as trainers:
        run_fit(resolved, folder, overwrite, compute, corpus, trainers)
    return Run(folder)


def _several_corpora(given: Given) -> tuple[Manifest, dict[str, Any]]:
    """Return the corpora to learn from and to test, joined, and what a config says of them."""
    refuse_with_features(fit, given)
    refused = {"manifest", "features", "augmented"}
    refuse_with(fit, given, refused, "train", "whose corpora have theirs")
    train, test, models = (as_list(given[name]) for name in ("train", "test", "model"))
    corpora = join_corpora(train, test, models, given["store"], given["skip_missing"])
    division = corpora.division(given["folds"], given["fold_speakers"], given["speaker_dependent"])
    chosen = corpora_protocol(
        corpora.manifest, division, given["protocol"], as_list(given["target"]), given["task"]
    )
    return corpora.manifest, {**corpora.sources, "protocol": chosen.model_dump(mode="json")}


def _one_corpus(given: Given) -> tuple[Manifest, dict[str, Any]]:
    """Return the corpus of a manifest, and what a config says of it."""
    refuse_with(fit, given, {"fold_speakers"}, "manifest", "which is a single corpus")
    corpus, data = choose_data(fit, given)
    folders = list(map(to_path, data["features"]))
    copies = _copies(as_list(given["augmented"]), folders, corpus.path)
    return corpus, {**data, "augmented": list(map(str, copies))}


def _copies(given: Sequence[str | Path], folders: Sequence[Path], manifest: Path) -> list[Path]:
    """Return the folders of the copies of stores, which are given, or made with a preset.

    Raises:
        FeatxError: if there are none of a preset.
    """
    if len(given) != 1 or is_url(str(given[0])) or FeatureStore.exists(Path(given[0])):
        return list(map(to_path, given))
    preset = str(given[0])
    found = [copies_folder(folder, preset) for folder in folders]
    for folder in found:
        if not FeatureStore.exists(folder):
            making = {"model": folder.name, "manifest": manifest, "augment": preset}
            raise FeatxError(
                f"`augmented={preset!r}`: no copies in {folder}.",
                Call("Extract them", "extract", making),
            )
    return found
