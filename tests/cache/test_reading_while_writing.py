"""Whoever opens a store while it is written sees finished utterances alone, and all of each."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from cache import FeatureStore, Layout, PlannedUtterance
from tests.cache.small import prepare

LAYOUT = Layout(("0", "1"), 64, "float32")
COUNT, MORE = 40, 8
WRITE = """
import sys
from pathlib import Path
from tests.cache.test_reading_while_writing import write
write(Path(sys.argv[1]))
"""


def features(number: int) -> np.ndarray:
    return np.full((2, 50, 64), number + 1, np.float32)


def write(folder: Path) -> None:
    """Write utterances, for which files are added now and then, and replace one again and again."""
    for count in range(MORE, COUNT + 1, MORE):
        plan = [PlannedUtterance(f"u{n}", 16_000, 50) for n in range(count)]
        store = prepare(folder, plan, LAYOUT)
        for n in range(count - MORE, count):
            store.forget(["u0"] if n else [])
            store.write(f"u{n}", features(n))
            store.write("u0", features(0))


def test_a_reader_sees_what_is_finished(tmp_path):
    seen = set()
    with subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path)]) as writer:
        while writer.poll() is None:
            if not FeatureStore.exists(tmp_path):
                continue
            store = FeatureStore(tmp_path)
            done = [name for name in store.utterances if store.is_done(name)]
            for name in done[1:]:
                assert (store.read(name) == features(int(name[1:]))).all()
            seen.add(len(done))
    assert writer.returncode == 0
    assert len(seen) > 2  # while it was written
    assert FeatureStore(tmp_path).damaged() == []
