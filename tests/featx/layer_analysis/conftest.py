"""A store that holds its labels in one layer only."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from cache import FeatureStore
from featx.manifest import load_manifest

LABELS = ("angry", "happy", "sad")


@pytest.fixture(scope="session")
def kept(tmp_path_factory) -> Path:
    """Where features wait that were extracted once."""
    return tmp_path_factory.mktemp("kept") / "corpus"


@pytest.fixture
def extracted(kept, workplace, write_corpus, run_featx, checkpoint_folder):
    """A working folder with a manifest and its features."""
    if not kept.exists():
        write_corpus(speakers=6)
        assert run_featx("extract", "--model", checkpoint_folder).code == 0
        shutil.copytree(workplace, kept)
    shutil.copytree(kept, workplace, dirs_exist_ok=True)


@pytest.fixture
def one_layer_tells(extracted):
    """The tiny store with noise in place of features: layer 1 follows the label, 2 is large."""
    store = FeatureStore(Path("features/manifest/tiny"))
    noise = np.random.default_rng(0)
    for utterance in load_manifest(Path("manifest.csv")).utterances:
        name = utterance.utterance
        values = noise.standard_normal((3, store.frames(name), store.layout.dim))
        values[1, :, LABELS.index(utterance.label) :: 3] += 3
        values[2] *= 10
        store.write(name, values.astype(np.float32))
    store.flush()
