"""The feature store: every hidden layer of a corpus, written once, read as mapped memory."""

from cache.checks import check_disk
from cache.layout import Layout, PlannedUtterance
from cache.lock import writing
from cache.shard import StoreError
from cache.store import FeatureStore

__all__ = ["FeatureStore", "Layout", "PlannedUtterance", "StoreError", "check_disk", "writing"]
