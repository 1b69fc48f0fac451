"""The feature store: every hidden layer of a corpus, written once, read as mapped memory."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cache.checks import check_disk as check_disk
    from cache.errors import DamagedStore as DamagedStore
    from cache.errors import FeatxError as FeatxError
    from cache.errors import StoreError as StoreError
    from cache.identity import FeatureIdentity as FeatureIdentity
    from cache.identity import ModelIdentity as ModelIdentity
    from cache.layout import Layout as Layout
    from cache.layout import PlannedUtterance as PlannedUtterance
    from cache.layout import split_into_blocks as split_into_blocks
    from cache.lock import writing as writing
    from cache.store import FeatureStore as FeatureStore

# Imported when first used: the root of all errors is here too, and needs no h5py.
_HOMES = {
    "DamagedStore": "cache.errors",
    "FeatureIdentity": "cache.identity",
    "FeatureStore": "cache.store",
    "FeatxError": "cache.errors",
    "Layout": "cache.layout",
    "ModelIdentity": "cache.identity",
    "PlannedUtterance": "cache.layout",
    "StoreError": "cache.errors",
    "check_disk": "cache.checks",
    "split_into_blocks": "cache.layout",
    "writing": "cache.lock",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"cache has no {name!r}")
    return getattr(import_module(_HOMES[name]), name)
