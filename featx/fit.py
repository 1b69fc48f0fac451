"""Train heads on a feature store, for every seed and fold, into a run folder."""

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cache import FeatureStore
from classifiers.batch import Examples
from classifiers.dense import DenseHead
from classifiers.statistics import measure
from classifiers.training import predict, train
from featx.audio import count_samples
from featx.errors import FeatxError, Interrupted
from featx.fit_config import FitConfig
from featx.folds import Fold, make_folds, shares_speakers
from featx.labels import order_labels
from featx.manifest import Manifest, Utterance, load_manifest
from featx.member import Member, load_member
from featx.progress import progress

log = logging.getLogger("featx")


@dataclass(frozen=True)
class FitData:
    """What heads train on.

    Attributes:
        manifest: the utterances that have features.
        store: their features.
        folds: how they are divided.
        classes: the labels in their order.
        missing: how many utterances of the manifest were left out for want of features.
        speakers_shared: whether training and test of a fold share speakers.
    """

    manifest: Manifest
    store: FeatureStore
    folds: tuple[Fold, ...]
    classes: tuple[str, ...]
    missing: int
    speakers_shared: bool

    def examples(self, utterances: tuple[Utterance, ...]) -> Examples:
        """Return the features, unread, and the labels of some utterances."""
        index = {label: number for number, label in enumerate(self.classes)}
        return Examples(
            [self.store.read(utterance.utterance) for utterance in utterances],
            np.array([index[utterance.label] for utterance in utterances], dtype=np.int64),
        )


def load_data(config: FitConfig) -> FitData:
    """Read the manifest, open the store and divide the utterances.

    Raises:
        FeatxError: if the manifest can't be used or divided, or utterances have no features.
        StoreError: if the store can't be opened.
    """
    whole = load_manifest(config.manifest)
    store = FeatureStore(config.features)
    kept = tuple(u for u in whole.utterances if store.is_done(u.utterance))
    absent = [u.utterance for u in whole.utterances if not store.is_done(u.utterance)]
    if absent and (not config.skip_missing or not kept):
        raise FeatxError(
            f"{config.features}: no features of {len(absent)} of {len(whole.utterances)} "
            f"utterances, such as {absent[0]}. Finish with `featx extract`, which says what is "
            "wrong with the rest, or leave them out with --skip-missing."
        )
    _check_lengths(store, kept)
    manifest = Manifest(whole.path, kept)
    folds = make_folds(manifest, config.folds, config.speaker_dependent)
    classes = tuple(order_labels(u.label for u in kept))
    shared = any(map(shares_speakers, folds))
    return FitData(manifest, store, folds, classes, len(absent), shared)


def _check_lengths(store: FeatureStore, utterances: Sequence[Utterance]) -> None:
    """Raise a FeatxError if the features were made from other audio, or other parts of it."""
    for u in utterances:
        samples = count_samples(u.path, u.start, u.end)
        if samples != store.samples(u.utterance):
            raise FeatxError(
                f"{store.folder}: the features of {u.utterance!r} were made from "
                f"{store.samples(u.utterance)} samples, the manifest now gives {samples}. "
                "Extract the changed manifest again, under another name or with --out."
            )


def fit_members(config: FitConfig, data: FitData, folder: Path) -> list[Member]:
    """Train a head for every seed and fold; those finished earlier are taken up again.

    Args:
        config: what to train.
        data: on what.
        folder: where finished members are kept.

    Raises:
        FeatxError: if training diverges.
        Interrupted: on Ctrl-C.
    """
    inputs = digest_inputs(config, data)
    tasks = [(seed, fold) for fold in data.folds for seed in range(config.seeds)]
    members = {}
    for seed, fold in tasks:
        member = load_member(folder, seed, fold.number, inputs)
        if member:
            members[seed, fold.number] = member
    try:
        with progress("Fitting", len(tasks), "heads", len(members)) as advance:
            for seed, fold in tasks:
                if (seed, fold.number) in members:
                    continue
                member = _fit_member(config, data, seed, fold)
                member.save(folder, inputs)
                members[seed, fold.number] = member
                advance(1)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted with {len(members)} of {len(tasks)} heads trained. "
            "The same command goes on from there."
        ) from None
    return [members[key] for key in sorted(members)]


def _fit_member(config: FitConfig, data: FitData, seed: int, fold: Fold) -> Member:
    begin = time.perf_counter()
    layout = data.store.layout
    parts = {"validation": data.examples(fold.validation), "test": data.examples(fold.test)}
    training = data.examples(fold.train)
    statistics = measure(training.features) if config.normalize == "global" else None

    def build() -> DenseHead:
        sizes = (len(layout.layers), layout.dim, len(data.classes))
        return DenseHead(config.head, *sizes, statistics)

    try:
        head, history = train(build, training, parts["validation"], config.training, seed)
    except FloatingPointError as error:
        raise FeatxError(f"seed {seed}, fold {fold.number}: {error}") from error
    size = config.training.batch_size
    probabilities = {name: predict(head, part, size) for name, part in parts.items()}
    weights = {name: value.detach() for name, value in head.state_dict().items()}
    layer_weights = head.layer_average.weights.detach()
    member = Member(seed, fold.number, weights, layer_weights, probabilities, history)
    best = member.best_epoch
    log.info(
        "seed %d, fold %d: %d training, %d validation, %d test utterances; %d epochs, "
        "best %d with validation loss %.4f, UAR %.1f %%; %.1f s",
        *(seed, fold.number, len(fold.train), len(fold.validation), len(fold.test)),
        *(len(history), best.epoch, best.validation_loss, 100 * best.validation_uar),
        time.perf_counter() - begin,
    )
    return member


def digest_inputs(config: FitConfig, data: FitData) -> str:
    """Digest all that a run depends on, so that nothing stale is taken for it."""
    digest = hashlib.sha256(config.to_toml().encode())
    store = [data.store.identity, vars(data.store.layout)]
    digest.update(json.dumps(store, sort_keys=True).encode())
    for line in _lines(data):
        digest.update(line.encode())
    return digest.hexdigest()


def _lines(data: FitData) -> Iterator[str]:
    for fold in data.folds:
        for part in (fold.train, fold.validation, fold.test):
            yield json.dumps([fold.number, *((u.utterance, u.speaker, u.label) for u in part)])
