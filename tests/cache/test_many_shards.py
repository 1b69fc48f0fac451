"""A store of more files than a process may have open is read, continued and checked."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cache import FeatureStore, Layout, PlannedUtterance
from tests.cache import small

LAYOUT = Layout(("0", "1"), 3, "float32")
FEW_FILES = """
import resource, sys
import numpy as np
from pathlib import Path
from tests.cache.test_many_shards import prepare, value
from cache import FeatureStore
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
folder, count = Path(sys.argv[1]), int(sys.argv[2])
stores = [FeatureStore(folder) for _ in range(3)]  # as a fit on several opens
read = [store.read(name) for store in stores for name in store.utterances]
assert all((features == value(n % count)).all() for n, features in enumerate(read))
assert stores[0].damaged() == []
stores[0].forget(["u3"])
store = prepare(folder, count + 5)
for n in [3, *range(count, count + 5)]:
    store.write(f"u{n}", np.full((2, 1, 3), value(n)))
store.flush()
"""
HOLD_ALL = """
import resource, sys
from cache import FeatureStore
resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
store = FeatureStore(sys.argv[1])
held = [store.read(name) for name in store.utterances]
assert [int(values[0, 0, 0]) for values in held] == list(range(30))
assert not held[0].flags.writeable
"""


def prepare(folder: Path, count: int) -> FeatureStore:
    plan = [PlannedUtterance(f"u{n}", 400, 1) for n in range(count)]
    return small.prepare(folder, plan, LAYOUT, shard_bytes=1)


def value(number: int) -> np.float32:
    return np.float32(number + 0.5)


# three stores of 400 are more than the 1,024 files that a process may usually have open
@pytest.mark.parametrize("count", [25, pytest.param(400, marks=pytest.mark.thorough)])
def test_64_open_files_are_enough(tmp_path, count):
    pytest.importorskip("resource")
    store = prepare(tmp_path, count)
    assert len(store.shards) == count
    for n in range(count):
        store.write(f"u{n}", np.full((2, 1, 3), value(n)))
    subprocess.run([sys.executable, "-c", FEW_FILES, str(tmp_path), str(count)], check=True)
    store = FeatureStore(tmp_path)
    assert len(store.shards) == count + 5
    assert all((store.read(f"u{n}") == value(n)).all() for n in range(count + 5))


def test_features_are_held_of_more_files_than_may_be_open(tmp_path):
    pytest.importorskip("resource")
    store = prepare(tmp_path, 30)
    assert len(store.shards) == 30
    for n in range(30):
        store.write(f"u{n}", np.full((2, 1, 3), value(n)))
    subprocess.run([sys.executable, "-c", HOLD_ALL, str(tmp_path)], check=True)
