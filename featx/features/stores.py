"""Where stores lie: features/<manifest>/<model>."""

from collections.abc import Sequence
from pathlib import Path

from cache import FeatureStore
from featx.errors import Call, FeatxError
from featx.features.encoders.checkpoints import store_name
from featx.features.remote_stores import StoreCopy
from featx.utils.remote.path import RemotePath, to_path

ROOT = Path("features")


def store_folder(manifest: Path, model: str) -> Path:
    """Return the folder for a model's features of a manifest, in the working folder."""
    return ROOT / manifest.stem / store_name(model)


def find_stores(manifest: Path, models: Sequence[str]) -> list[Path]:
    """Return the folders of the named models' features of a manifest, or of the only ones there.

    Raises:
        FeatxError: if a model's features are not there, or no model is named and there are
            several stores.
    """
    if not models:
        return [find_store(manifest)]
    return [find_store(manifest, model) for model in models]


def find_store(manifest: Path, model: str | None = None) -> Path:
    """Return the folder of a manifest's features: the named model's, or the only one.

    Args:
        manifest: the manifest's file.
        model: a short name, Hub id or local folder; None for the only store there is.

    Raises:
        FeatxError: if there is none, or more than one and no model is named.
    """
    parent = ROOT / manifest.stem
    found = sorted({path.parent.name for path in parent.glob("*/*.h5")})
    if model is not None:
        if store_name(model) in found:
            return store_folder(manifest, model)
        there = f"there: {', '.join(found)}" if found else "there are none"
        raise FeatxError(
            f"`model={model!r}`: no features of it under {parent}; {there}.",
            _extraction("Extract them", model, manifest),
        )
    if not found:
        others = sorted({path.parent.as_posix() for path in ROOT.glob("*/*/*.h5")})
        there = f" There is {', '.join(others)}: is `manifest` right?" if others else ""
        raise FeatxError(
            f"{parent}: no feature store here.{there}",
            _extraction("Make one", "wav2vec2-base", manifest),
        )
    if len(found) > 1:
        raise FeatxError(f"{parent} holds several stores; choose a `model`: {', '.join(found)}.")
    return parent / found[0]


def open_store(given: str | Path | FeatureStore) -> FeatureStore:
    """Open a store for reading.

    Args:
        given: its folder, or its URL, whose shards are then fetched; or itself.

    Raises:
        StoreError: if there is no store, or its shards do not belong together.
        RemoteError: if its server can't be used.
        DiskFull: if the disk is too small for a copy.
    """
    if isinstance(given, FeatureStore):
        return given
    place = to_path(given)
    if isinstance(place, RemotePath):
        copy = StoreCopy(place)
        copy.fetch()
        place = copy.folder
    return FeatureStore(place)


def _extraction(purpose: str, model: str, manifest: Path) -> Call:
    return Call(purpose, "extract", {"model": model, "manifest": manifest})
