"""An experiment on a small corpus, that takes seconds."""

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

import featx
from featx.experiments.checking.validate import validate
from featx.experiments.running.steps import make_run

HEADS = """
seeds = 2

[corpora.tones]
path = "manifest.csv"
protocols = ["fixed.toml"]

[features.tiny]
model = "{checkpoint}"
layers = "0-2"

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
seeds = 1
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


@pytest.fixture(scope="package")
def kept_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs a finished experiment leaves a copy for the others."""
    return tmp_path_factory.mktemp("experiments") / "finished"


@pytest.fixture
def finished(workplace, write_experiment, kept_folder) -> Path:
    """The experiment, run from nothing without a break."""
    if kept_folder.exists():
        shutil.copytree(kept_folder, workplace, dirs_exist_ok=True)
        return Path("small.toml")
    path = write_experiment()
    featx.run(path)
    shutil.copytree(workplace, kept_folder)
    return path


@pytest.fixture
def said(caplog) -> Callable[[], list[str]]:
    """Return what was said to the user since the last call."""
    caplog.set_level(logging.INFO, "featx")

    def take() -> list[str]:
        lines = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
        caplog.clear()
        return lines

    return take


@pytest.fixture
def stop_at(monkeypatch) -> Callable[[str, BaseException], AbstractContextManager[None]]:
    """While it is entered, the fit of one system raises an error."""

    @contextmanager
    def fail_at(name: str, error: BaseException) -> Iterator[None]:
        def make(plan, run, *others):
            if run.name == name:
                raise error
            return make_run(plan, run, *others)

        with monkeypatch.context() as patch:
            patch.setattr("featx.experiments.running.course.make_run", make)
            yield

    return fail_at


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
def found(write_experiment, change):
    """Replace a text of the experiment, and return its errors, or its warnings."""

    def find(old: str = "", new: str = "", errors: bool = True) -> str:
        path = change(old, new) if old else Path("small.toml")
        findings = [item for item in validate(path).findings if item.is_error == errors]
        return "\n".join(map(str, findings))

    write_experiment()
    return find


@pytest.fixture
def beginning() -> str:
    """The experiment up to its features."""
    return HEADS.partition("[features.tiny]")[0]


@pytest.fixture
def sort_audio() -> Callable[[], None]:
    """Copy the audio to a folder a label, as `featx manifest folder` reads it."""

    def sort() -> None:
        for file in sorted(Path("audio").iterdir()):
            place = Path("sorted") / file.name.split("-")[0] / file.name.replace("-", "-s", 1)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())

    return sort
