"""Audio files damaged at random are decoded right, or listed, and never shorter in silence."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

MUTATIONS = Path(__file__).with_name("mutations.py")
FEW = 60
MANY = 1_000


def test_a_few(tmp_path):
    found = runpy.run_path(str(MUTATIONS))["examine"](FEW, 1, tmp_path)
    assert found["wrong"] == []
    counts = list(found["counts"].values())
    assert sum(count.total() for count in counts) == FEW
    assert sum(count["listed"] for count in counts) > FEW / 3
    assert sum(count["equal"] for count in counts) > FEW / 30


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_thousand_in_bounded_memory(tmp_path, seed):
    command = [sys.executable, str(MUTATIONS), str(MANY), str(seed), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["megabytes"] < 500
    assert sum(sum(count.values()) for count in found["counts"].values()) == MANY
