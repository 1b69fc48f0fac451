"""Where stores lie: features/<manifest>/<model>."""

from pathlib import Path

from cache import FeatureStore
from featx.errors import FeatxError
from featx.registry import store_name

ROOT = Path("features")


def store_folder(manifest: Path, model: str) -> Path:
    """Return the folder for a model's features of a manifest, in the working folder."""
    return ROOT / manifest.stem / store_name(model)


def find_store(manifest: Path, model: str | None = None) -> FeatureStore:
    """Open the store of a manifest's features: the named model's, or the only one.

    Args:
        manifest: the manifest's file.
        model: a short name, Hub id or local folder; None for the only store there is.

    Raises:
        FeatxError: if there is none, or more than one and no model is named.
        StoreError: if it can't be opened.
    """
    parent = ROOT / manifest.stem
    found = sorted({path.parent.name for path in parent.glob("*/*.h5")})
    if model is not None:
        if store_name(model) in found:
            return FeatureStore(store_folder(manifest, model))
        there = f"there: {', '.join(found)}" if found else "there are none"
        raise FeatxError(
            f"--model {model}: no features of it under {parent}; {there}. "
            f"Extract them: featx extract --model {model} --manifest {manifest}"
        )
    if not found:
        raise FeatxError(
            f"{parent}: no feature store here. "
            f"Make one: featx extract --model wav2vec2-base --manifest {manifest}"
        )
    if len(found) > 1:
        raise FeatxError(f"{parent} holds several stores; pick one: --model {'|'.join(found)}")
    return FeatureStore(parent / found[0])
