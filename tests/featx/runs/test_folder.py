"""A run folder is opened, finished, found again, and replaced only when asked."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from featx.errors import FeatxError
from featx.runs.folder import open_run, run_folder
from featx.scoring.results import Results, SeedPredictions, score_predictions

log = logging.getLogger("featx")


def results(right: bool = True) -> Results:
    guessed = np.array([0, 1] if right else [1, 0])
    seed = SeedPredictions(np.array([0, 1]), guessed, ["s0", "s1"])
    return score_predictions("a run", ["x", "y"], [seed], False)


def make(folder: Path, config: str = "a = 1\n", inputs: str = "1", **options: bool) -> bool:
    """Make a run; tell whether there was anything to do."""
    with open_run(config, inputs, folder, **options) as run:
        if run.results is not None:
            return False
        (run.folder / "members").mkdir()
        log.debug("working")
        (run.folder / "predictions.csv").touch()
        (run.folder / "environment.json").write_text(json.dumps({"inputs_sha256": inputs}))
        run.results = results()
    return True


def test_a_run_is_made_once(tmp_path):
    folder = tmp_path / "runs" / "a"
    assert make(folder)
    assert not make(folder)
    assert not (folder / "members").exists()
    assert "working" in (folder / "run.log").read_text()


@pytest.mark.parametrize("level", [logging.WARNING, logging.INFO, logging.NOTSET])
def test_the_level_of_the_log_is_what_it_was(tmp_path, level):
    before, handlers = log.level, list(log.handlers)
    try:
        log.setLevel(level)
        make(tmp_path / "a")
        assert log.level == level
        with pytest.raises(ZeroDivisionError), open_run("a = 1\n", "1", tmp_path / "b"):
            raise ZeroDivisionError
        assert log.level == level
        assert log.handlers == handlers
    finally:
        log.setLevel(before)


def test_another_config_or_other_inputs_are_refused_unless_replaced(tmp_path):
    folder = tmp_path / "a"
    make(folder)
    with pytest.raises(FeatxError, match="a: 1 there, now 2"):
        make(folder, "a = 2\n")
    with pytest.raises(FeatxError, match="`overwrite`"):
        make(folder, inputs="2")
    assert make(folder, "a = 2\n", overwrite=True)
    assert (folder / "config.toml").read_text() == "a = 2\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_stopped_replacement_leaves_the_run(tmp_path):
    folder = tmp_path / "a"
    make(folder)
    with pytest.raises(ZeroDivisionError), open_run("a = 2\n", "1", folder, overwrite=True):
        raise ZeroDivisionError
    assert (folder / "config.toml").read_text() == "a = 1\n"


def test_what_is_no_run_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path, tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(FeatxError):
            make(folder)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b"])
def test_a_name_is_that_of_one_folder(name):
    with pytest.raises(FeatxError, match="`name="):
        run_folder(name)
