"""Where stores lie: features/<manifest>/<model>, or features/<name>/<model> if they are shared."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cache import FeatureStore
from featx.errors import Call, FeatxError
from featx.features.encoders.checkpoints.registry import store_name
from featx.features.stores.remote import StoreCopy
from featx.utils.files import portable_name
from featx.utils.remote.path import RemotePath, to_path

ROOT = Path("features")


def store_folder(manifest: Path, model: str, store: str | None = None) -> Path:
    """Return the folder for a model's features, in the working folder.

    Args:
        manifest: the manifest's file.
        model: a short name, Hub id or local folder.
        store: the name of a store that manifests share; None for the manifest's own.

    Raises:
        FeatxError: if that is no name.
    """
    return _above(manifest, store) / store_name(model)


def copies_folder(folder: Path, augment: str) -> Path:
    """Return the folder for augmented copies of what a store has: features/MANIFEST~PRESET/MODEL.

    Args:
        folder: the store's.
        augment: the name of a preset, or the path of a TOML.
    """
    parent = folder.parent
    return parent.with_name(f"{parent.name}~{portable_name(Path(augment).stem)}") / folder.name


def _above(manifest: Path, store: str | None) -> Path:
    if store is None:
        return ROOT / manifest.stem
    if store != portable_name(store) or not store.strip("."):
        raise FeatxError(
            f"`store={store!r}`: give a name, of which a folder in {ROOT} can be made. A "
            "folder elsewhere is `featx extract --out FOLDER`, then `featx fit --features FOLDER`."
        )
    return ROOT / store


def find_stores(manifest: Path, models: Sequence[str], store: str | None = None) -> list[Path]:
    """Return the folders of the named models' features of a manifest, or of the only ones there.

    Args:
        manifest: the manifest's file.
        models: their names; the only store there is if there are none.
        store: the name of a store that manifests share; None for the manifest's own.

    Raises:
        FeatxError: if a model's features are not there, or no model is named and there are
            several stores.
    """
    if not models:
        return [find_store(manifest, store=store)]
    return [find_store(manifest, model, store) for model in models]


def find_store(manifest: Path, model: str | None = None, store: str | None = None) -> Path:
    """Return the folder of a manifest's features: the named model's, or the only one.

    Args:
        manifest: the manifest's file.
        model: a short name, Hub id or local folder; None for the only store there is.
        store: the name of a store that manifests share; None for the manifest's own.

    Raises:
        FeatxError: if there is none, or more than one and no model is named.
    """
    parent = _above(manifest, store)
    found = sorted({path.parent.name for path in parent.glob("*/*.h5")})
    if model is not None:
        if store_name(model) in found:
            return parent / store_name(model)
        there = f"there: {', '.join(found)}" if found else "there are none"
        raise FeatxError(
            f"`model={model!r}`: no features of it under {parent}; {there}.",
            _extraction("Extract them", model, manifest, store),
        )
    if not found:
        others = sorted({path.parent.as_posix() for path in ROOT.glob("*/*/*.h5")})
        there = f" There is {', '.join(others)}: is `manifest` right?" if others else ""
        raise FeatxError(
            f"{parent}: no feature store here.{there}",
            _extraction("Make one", "wav2vec2-base", manifest, store),
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


def open_adopted(folder: Path, aliases: Mapping[str, str], *shard: str) -> FeatureStore:
    """Open a store of a folder, as it is now, in which ids were adopted before or elsewhere.

    Args:
        folder: the store's.
        aliases: the id of a stored utterance by the other id, as in `FeatureStore.aliases`.
        shard: the name of the only file that is wanted; all by default.

    Raises:
        StoreError: if there is no store, or its shards do not belong together.
    """
    store = FeatureStore(folder, *shard)
    store.adopt(aliases)
    return store


def _extraction(purpose: str, model: str, manifest: Path, store: str | None) -> Call:
    shared = {} if store is None else {"store": store}
    return Call(purpose, "extract", {"model": model, "manifest": manifest, **shared})
