"""The reader in C that docs/store.md shows reads what featx wrote."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from cache import FeatureIdentity, Layout, PlannedUtterance, prepare_store

PAGE = Path(__file__).parent.parent / "docs" / "store.md"
NAMES = ("a", "ab", "söng", "missing")


@pytest.mark.skipif(shutil.which("h5cc") is None, reason="needs HDF5's compiler")
@pytest.mark.parametrize("compressed", [False, True])
def test_the_reader_in_c(tmp_path, compressed):
    (code,) = re.findall(r"```c\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(code.splitlines()) <= 60
    (tmp_path / "read.c").write_text(code)
    subprocess.run(["h5cc", "read.c", "-o", "read"], cwd=tmp_path, check=True)
    plan = [PlannedUtterance(name, 400, n + 60) for n, name in enumerate(NAMES)]
    identity = FeatureIdentity("tiny", frame_step=0.02)
    store = prepare_store(tmp_path / "store", plan, Layout(("0", "1"), 4), identity, {})
    random = np.random.default_rng(0)
    for planned in plan[:-1]:
        values = random.standard_normal((2, planned.frames, 4)).astype(np.float16)
        store.write(planned.utterance, values)
    if compressed:
        store.compress([NAMES[0]])
    for planned in plan[:-1]:
        said = subprocess.run(
            [tmp_path / "read", store.shards[0], planned.utterance],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        means = [float(mean) for mean in re.findall(r"mean (\S+)", said)]
        expected = store.read(planned.utterance).astype(float).mean((1, 2))
        assert f"2 layers, {planned.frames} frames, 4 features" in said
        np.testing.assert_allclose(means, expected, atol=1e-6)
    absent = subprocess.run([tmp_path / "read", store.shards[0], NAMES[-1]], capture_output=True)
    assert (absent.returncode, absent.stderr) == (1, b"not extracted\n")
