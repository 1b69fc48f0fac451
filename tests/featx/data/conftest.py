"""Empty corpora to fill."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

Fill = Callable[..., Path]


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Return a function that writes 0.1 s of silence under each of the given names."""

    def write(*names: str) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, np.zeros(1600), 16_000)
        return tmp_path

    return write
