"""The labels of stored features, whose audio need not be here."""

from collections.abc import Callable, Iterable
from pathlib import Path

from featx.data.manifest import Manifest, audio_is_gone, load_manifest, load_without_audio
from featx.data.manifest_rows import ManifestError
from featx.errors import FeatxError
from featx.features.stores.folders import open_store
from featx.utils.remote.path import to_path


def load_labels(
    manifest: str | Path, stores: Callable[[Path], Iterable[Path]], skip_missing: bool = False
) -> Manifest:
    """Load the manifest of stored features.

    Args:
        manifest: the CSV.
        stores: gives the folders of the stores, for the path of the manifest; it may refuse it.
        skip_missing: whether utterances without features are left out.

    Raises:
        ManifestError: if the manifest can't be used. Audio files that are not there are no problem
            if none is, all features were imported, or utterances without features are left out.
    """
    path = to_path(manifest)
    try:
        return load_manifest(path)
    except ManifestError:
        corpus = load_without_audio(path)
        known = skip_missing or audio_is_gone(corpus.utterances)
        if not known and not _imported(stores, path):
            raise
    return corpus


def _imported(stores: Callable[[Path], Iterable[Path]], manifest: Path) -> bool:
    try:
        return all(open_store(store).identity.is_imported for store in stores(manifest))
    except FeatxError:
        return False
