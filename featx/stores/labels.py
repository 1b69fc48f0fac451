"""The labels of stored features, whose audio need not be here where they were imported."""

from collections.abc import Callable, Iterable
from pathlib import Path

from cache import FeatureStore
from featx.data.manifest import Manifest, load_manifest, load_without_audio
from featx.data.manifest_rows import ManifestError
from featx.errors import FeatxError


def load_labels(manifest: str | Path, stores: Callable[[Path], Iterable[Path]]) -> Manifest:
    """Load the manifest of stored features.

    Args:
        manifest: the CSV.
        stores: gives the folders of the stores, for the path of the manifest; it may refuse it.

    Raises:
        ManifestError: if the manifest can't be used. Audio files that are not there are no problem
            if all features were imported.
    """
    path = Path(manifest)
    try:
        return load_manifest(path)
    except ManifestError:
        try:
            imported = all(FeatureStore(store).identity.is_imported for store in stores(path))
        except FeatxError:
            imported = False
        if not imported:
            raise
    return load_without_audio(path)
