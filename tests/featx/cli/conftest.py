"""An experiment for the commands that take one."""

from pathlib import Path

import pytest

EXPERIMENT = """
[corpora.tones]
path = "manifest.csv"

[heads.plain]
head = "linear"
features = ["egemaps-functionals"]
"""


@pytest.fixture
def experiment(write_corpus) -> Path:
    """A file with one quick system, on a small corpus."""
    write_corpus(speakers=3, takes=1)
    path = Path("one.toml")
    path.write_text(EXPERIMENT)
    return path
