"""Corpora that are learned from or tested together: their manifests and stores, joined."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cache import FeatureStore
from featx.data.joined import JoinedManifest, join_manifests
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.features.stores.folders import find_stores, open_store
from featx.fitting.config import FitConfig
from featx.fitting.inputs.joined_store import AnyStore, JoinedStore
from featx.protocols.divisions.manifests import Corpora
from featx.stores.audio import match_audio
from featx.stores.labels import load_labels

Corpus = str | Path | Manifest


def load_corpora(config: FitConfig) -> Manifest:
    """Load the manifest of a fit, or its manifests as one.

    Raises:
        FeatxError: if one can't be used.
    """
    of_corpora = zip(*config.stores, strict=True)  # each the stores of all models
    manifests = [
        _load(path, stores, config.skip_missing)
        for path, stores in zip(config.manifests, of_corpora, strict=True)
    ]
    return join_manifests(manifests) if config.joined else manifests[0]


def _load(path: Path, stores: Sequence[Path], skip_missing: bool) -> Manifest:
    return load_labels(path, lambda _: stores, skip_missing)


@dataclass(frozen=True)
class JoinedCorpora:
    """Corpora to learn from and others to test on.

    Attributes:
        manifest: all utterances, those of the tested corpora first.
        features: the folders of the stores: of each model one for each manifest.
        train: names of the manifests that are learned from.
        test: names of those that are tested.
    """

    manifest: JoinedManifest
    features: list[Path]
    train: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def sources(self) -> dict[str, Any]:
        """The manifests and stores as a `FitConfig` has them."""
        first, *others = (str(part.manifest.path) for part in self.manifest.parts)
        return {"manifest": first, "joined": others, "features": list(map(str, self.features))}

    def division(self, folds: int, fold_speakers: bool, speaker_dependent: bool) -> Corpora:
        """Return how they are divided; the arguments are those of `featx.fit`.

        Raises:
            FeatxError: if they exclude each other, or there are too few folds.
        """
        if fold_speakers and speaker_dependent:
            raise FeatxError(
                "`fold_speakers` keeps those who are tested out of training, and "
                "`speaker_dependent` lets them train: give one of them."
            )
        needed = 3 if fold_speakers else 2
        if folds < needed:
            raise FeatxError(f"`folds={folds}`: between corpora there must be at least {needed}.")
        return Corpora(
            kind="corpora",
            train=self.train,
            test=self.test,
            count=folds,
            fold_speakers=fold_speakers,
            speaker_dependent=speaker_dependent,
        )


def join_corpora(
    train: Sequence[Corpus],
    test: Sequence[Corpus],
    models: Sequence[str],
    store: str | None,
    skip_missing: bool,
) -> JoinedCorpora:
    """Load corpora and find their features.

    Args:
        train: the manifests to learn from.
        test: those to test on.
        models: the models' names; the only store of each manifest if there are none.
        store: the name of a store that the manifests share; None for their own.
        skip_missing: whether utterances without features are left out.

    Raises:
        FeatxError: if there are none of either, one can't be used, or a store is not there.
    """
    if not train or not test:
        raise FeatxError("`train` and `test` go together: give one or more manifests for each.")
    loaded = [load_corpus(given, models, store, skip_missing) for given in (*test, *train)]
    names = [corpus.name for corpus, _ in loaded]
    joined = join_manifests([corpus for corpus, _ in loaded])
    by_model = zip(*(folders for _, folders in loaded), strict=True)
    features = [folder for of_model in by_model for folder in of_model]
    count = len(test)
    return JoinedCorpora(joined, features, tuple(names[count:]), tuple(names[:count]))


def load_corpus(
    given: Corpus, models: Sequence[str], store: str | None, skip_missing: bool
) -> tuple[Manifest, list[Path]]:
    """Return a corpus and the folders of its models' stores; the arguments are as above.

    Raises:
        FeatxError: if it can't be used, or a store is not there.
    """
    if not isinstance(given, Manifest):
        given = load_labels(given, lambda path: find_stores(path, models, store), skip_missing)
    return given, find_stores(given.path, models, store)


def open_stores(config: FitConfig, manifest: Manifest) -> list[AnyStore]:
    """Open the stores of a fit, those of joined manifests as one for each model.

    Raises:
        FeatxError: if one can't be opened, or those of corpora hold different features.
    """
    if not isinstance(manifest, JoinedManifest):
        return [open_store(folder) for folder in config.features]
    own = [part.own for part in manifest.parts]
    return [JoinedStore(list(map(open_store, folders)), own) for folders in config.stores]


def match_stores(
    stores: Sequence[AnyStore], manifest: Manifest, utterances: Sequence[Utterance]
) -> None:
    """Do as `match_audio` does, also for stores and manifests that are joined."""
    if not isinstance(manifest, JoinedManifest):
        match_audio([s for s in stores if isinstance(s, FeatureStore)], manifest, utterances)
        return
    wanted = {utterance.utterance for utterance in utterances}
    for place, part in enumerate(manifest.parts):
        names = {own for name, own in part.own.items() if name in wanted}
        own = [u for u in part.manifest.utterances if u.utterance in names]
        if own:
            joined = (store for store in stores if isinstance(store, JoinedStore))
            match_audio([store.stores[place] for store in joined], part.manifest, own)
