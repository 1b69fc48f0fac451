"""An experiment on a small corpus, that takes seconds."""

from collections.abc import Callable
from pathlib import Path

import pytest

HEADS = """
seeds = 2

[corpora.tones]
path = "manifest.csv"
protocols = ["fixed.toml"]

[features.tiny]
model = "{checkpoint}"
layers = "0-2"
precision = "float32"

[heads.plain]
head = "dense"
features = ["egemaps"]
settings = ["training.epochs=2"]

[heads.layers]
head = "dense"
features = ["tiny"]
settings = ["training.epochs=2"]

[heads.memory]
head = "lstm"
features = ["tiny"]
layers = "contextual"
settings = ["training.epochs=2"]

[heads.both]
head = "fusion"
features = ["tiny", "egemaps"]
settings = ["training.epochs=2"]
"""
TUNING = """
[finetunings.tuned]
model = "{checkpoint}"
mode = "partial"
device = "cpu"
save = "none"
settings = ["training.epochs=1", "training.every=2", "training.learning_rate=1e-3"]
"""
VOTE = """
[votes.three]
systems = ["plain", "layers", "both"]
rule = "soft"
"""
PROTOCOL = """
title = "one fold"
[division]
kind = "speakers"
train = ["s0", "s1", "s2", "s3"]
validation = ["s4"]
test = ["s5"]
"""


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """In child processes as in this one: the last bits follow the number of threads."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than all the rest."""
    for name in ("draw_confusion", "draw_layer_weights", "draw_training"):
        monkeypatch.setattr(f"featx.run_files.{name}", lambda *_: None)


@pytest.fixture
def write_experiment(write_corpus, checkpoint_folder) -> Callable[..., Path]:
    """Write a corpus and an experiment on it; return its path."""

    def write(text: str = HEADS + TUNING + VOTE) -> Path:
        if not Path("manifest.csv").exists():
            write_corpus(speakers=6, takes=1)
        Path("fixed.toml").write_text(PROTOCOL)
        path = Path("small.toml")
        path.write_text(text.format(checkpoint=checkpoint_folder))
        return path

    return write


@pytest.fixture
def change():
    """Replace a text, which must be there, in the experiment."""

    def replace(old: str, new: str) -> Path:
        path = Path("small.toml")
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        return path

    return replace


@pytest.fixture
def texts():
    """The parts of the experiment."""
    return HEADS, TUNING, VOTE


@pytest.fixture
def sort_audio() -> Callable[[], None]:
    """Copy the audio to a folder a label, as `featx manifest folder` reads it."""

    def sort() -> None:
        for file in sorted(Path("audio").iterdir()):
            place = Path("sorted") / file.name.split("-")[0] / file.name.replace("-", "-s", 1)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())

    return sort
