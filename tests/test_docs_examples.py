"""The examples in the docstrings of the public API run, in a folder as a user has it."""

import doctest
import inspect
import shutil
from pathlib import Path

import pytest

import featx

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FUNCTIONS = [name for name in featx.__all__ if name[0].islower()]


class ShownOutputOnly(doctest.OutputChecker):
    """Compares outputs where an example shows one; others may print what they like."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return not want or super().check_output(want, got, optionflags)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Path:
    """Where the prepared folder is kept."""
    return tmp_path_factory.mktemp("examples") / "prepared"


@pytest.fixture
def place(prepared, workplace, write_corpus, checkpoint_folder) -> Path:
    """A folder with a corpus, a manifest, its audio, an encoder, features and two runs."""
    if not prepared.exists():
        write_corpus(speakers=6, takes=1)
        for path in Path("audio").iterdir():
            label, speaker, _ = path.stem.split("-")
            copy = Path("corpus", label, f"speaker{speaker}", path.name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
        shutil.copytree(checkpoint_folder, "encoder")
        featx.extract("encoder", precision="float32")
        featx.fit("dense", "encoder", folds=3, settings=["training.epochs=2"])
        featx.fit("linear", "encoder", folds=3)
        shutil.copytree(workplace, prepared)
    else:
        shutil.copytree(prepared, workplace, dirs_exist_ok=True)
    return workplace


def examples(name: str) -> list[doctest.DocTest]:
    """Return the examples of a name of the API, and of its methods."""
    value = getattr(featx, name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    module = inspect.getmodule(value)
    return [test for test in finder.find(value, name, module, {"featx": featx}) if test.examples]


@pytest.mark.parametrize("name", featx.__all__)
def test_examples_run(name, place, monkeypatch):
    # a diagnosis loads all extras, which takes many seconds where nothing has read them yet
    monkeypatch.setattr("featx.diagnosis.packages.import_module", lambda _: None)
    tests = examples(name)
    if name in FUNCTIONS:
        assert tests, f"featx.{name} has no example"
    said: list[str] = []
    for test in tests:
        runner = doctest.DocTestRunner(ShownOutputOnly(), verbose=False, optionflags=FLAGS)
        runner.run(test, out=said.append, clear_globs=False)
        assert not runner.failures, "".join(said)
