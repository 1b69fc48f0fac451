"""The feature store: every hidden layer of a corpus, written once, read as mapped memory."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cache.disk.lock import lock_file as lock_file
    from cache.disk.lock import writing as writing
    from cache.disk.space import as_disk_full as as_disk_full
    from cache.disk.space import check_disk as check_disk
    from cache.disk.space import describe_bytes as describe_bytes
    from cache.disk.space import existing as existing
    from cache.disk.space import filling as filling
    from cache.disk.space import free_bytes as free_bytes
    from cache.disk.space import need_and_free as need_and_free
    from cache.errors import DamagedStore as DamagedStore
    from cache.errors import DiskFull as DiskFull
    from cache.errors import FeatxError as FeatxError
    from cache.errors import InUseError as InUseError
    from cache.errors import StoreError as StoreError
    from cache.folder import find_shards as find_shards
    from cache.identity import FeatureIdentity as FeatureIdentity
    from cache.identity import ModelIdentity as ModelIdentity
    from cache.layout import SHARD_BYTES as SHARD_BYTES
    from cache.layout import Layout as Layout
    from cache.layout import PlannedUtterance as PlannedUtterance
    from cache.layout import split_into_blocks as split_into_blocks
    from cache.planned import find_changed_audio as find_changed_audio
    from cache.planned import find_same_audio as find_same_audio
    from cache.prepare import prepare_store as prepare_store
    from cache.store import FeatureStore as FeatureStore

# Imported when first used: the root of all errors is here too, and needs no h5py.
_HOMES = {
    "DamagedStore": "cache.errors",
    "DiskFull": "cache.errors",
    "FeatureIdentity": "cache.identity",
    "FeatureStore": "cache.store",
    "FeatxError": "cache.errors",
    "InUseError": "cache.errors",
    "Layout": "cache.layout",
    "ModelIdentity": "cache.identity",
    "PlannedUtterance": "cache.layout",
    "SHARD_BYTES": "cache.layout",
    "StoreError": "cache.errors",
    "as_disk_full": "cache.disk.space",
    "check_disk": "cache.disk.space",
    "describe_bytes": "cache.disk.space",
    "existing": "cache.disk.space",
    "filling": "cache.disk.space",
    "find_changed_audio": "cache.planned",
    "find_same_audio": "cache.planned",
    "find_shards": "cache.folder",
    "free_bytes": "cache.disk.space",
    "need_and_free": "cache.disk.space",
    "prepare_store": "cache.prepare",
    "split_into_blocks": "cache.layout",
    "lock_file": "cache.disk.lock",
    "writing": "cache.disk.lock",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"cache has no {name!r}")
    return getattr(import_module(_HOMES[name]), name)
