"""The data that arguments of `featx.fit` and its like name, as a config has them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from cache import FeatureStore
from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.features.encoders.devices import Compute
from featx.features.planning.layers import join_layers
from featx.features.stores.folders import find_stores
from featx.protocols.protocol import choose_protocol
from featx.stores.labels import load_labels
from featx.utils.arguments import as_list, refuse_with
from featx.utils.remote.path import to_path

Store = str | Path | FeatureStore
Given = Mapping[str, Any]
"""The arguments of a call by their names, which mean the same in all these functions."""

_GB = 1e9
_COPIED = ("seconds", "normalize", "seeds", "skip_missing", "keep_duplicates")


def refuse_with_config(function: Callable[..., Any], given: Given, fine: Collection[str]) -> None:
    """Refuse what an earlier config overrules: all but some arguments.

    Raises:
        FeatxError: if one of them is not at its default.
    """
    reason = "which holds all of it; use `settings`"
    refuse_with(function, given, given.keys() - fine, "config", reason)


def refuse_with_features(function: Callable[..., Any], given: Given) -> None:
    """Refuse what `features` overrules, if it is given."""
    if given["features"] is not None:
        reason = "which says where they are"
        refuse_with(function, given, {"model", "store"}, "features", reason)


def choose_data(function: Callable[..., Any], given: Given) -> tuple[Manifest, dict[str, Any]]:
    """Return the corpus that arguments name, and what a config says of it.

    Args:
        function: whose arguments they are.
        given: the arguments of the call: `manifest`, `model`, `features`, `store`, `protocol`,
            `target`, `task`, `folds`, `speaker_dependent` and `skip_missing`.

    Returns:
        The manifest, and the keys `manifest`, `features` and `protocol` of a config.

    Raises:
        FeatxError: if one of them overrules another, or can't be used.
    """
    refuse_with_features(function, given)
    if given["protocol"] is not None:
        overruled = {"folds", "speaker_dependent"}
        refuse_with(function, given, overruled, "protocol", "which says how to divide")

    def folders(path: Path) -> list[Path]:
        return store_folders(given["features"], given["model"], path, given["store"])

    manifest = given["manifest"]
    if not isinstance(manifest, Manifest):
        manifest = load_labels(manifest, folders, given["skip_missing"])
    division = given["folds"], given["speaker_dependent"]
    target = as_list(given["target"]), given["task"]
    protocol = choose_protocol(given["protocol"], manifest, *division, *target)
    return manifest, {
        "manifest": str(manifest.path),
        "features": list(map(str, folders(manifest.path))),
        "protocol": protocol.model_dump(mode="json"),
    }


def copied_settings(given: Given) -> dict[str, Any]:
    """Return what a config has as it is given, of those arguments that the function has."""
    copied = {name: given[name] for name in _COPIED if name in given}
    return {"layers": join_layers(given["layers"]), **copied}


def store_folders(
    features: Store | Sequence[Store] | None,
    model: str | Sequence[str] | None,
    manifest: Path,
    store: str | None,
) -> list[Path]:
    """Return the folders of the stores that are given or, if none are, of the models' features."""
    for name, given in (("features", features), ("model", model)):
        if given is not None and not as_list(given):
            raise FeatxError(f"`{name}` is empty: give one or more, or leave it out.")
    stores: list[Store] = as_list(features) or [*find_stores(manifest, as_list(model), store)]
    return [given.folder if isinstance(given, FeatureStore) else to_path(given) for given in stores]


def compute_with(device: str, memory: float | None) -> Compute:
    """Return what heads are trained with.

    Args:
        device: "cpu" or "cuda".
        memory: GB that features may take; None for a share of what is free.
    """
    return Compute(device, memory=None if memory is None else memory * _GB)
