"""A run folder is opened, finished, found again, and replaced only when asked."""

import json
import logging
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from cache import InUseError, StoreError
from featx.errors import FeatxError
from featx.runs.folder import extend_run, open_run, run_folder
from featx.runs.making import making
from featx.scoring.classes.results import Results, SeedPredictions, score_predictions

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


def test_a_run_that_another_process_makes_is_refused(tmp_path, in_a_thread):
    folder = tmp_path / "a"
    with in_a_thread(making(folder, "fitting")):
        for overwrite in (False, True):
            with pytest.raises(
                InUseError, match=rf"fitting since .* process {os.getpid()} on host"
            ):
                make(folder, overwrite=overwrite)
        make(tmp_path / "b")
    make(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_run_that_is_replaced_or_added_to_can_be_read_but_not_changed(tmp_path, in_a_thread):
    folder = tmp_path / "a"
    make(folder)
    (folder / "members").mkdir()  # of who adds to it
    with in_a_thread(making(folder, "fitting", changes=True)):
        assert not make(folder)
        assert (folder / "members").exists()
        with pytest.raises(InUseError), extend_run("a = 2\n", "1", folder):
            pass
        with pytest.raises(InUseError):
            make(folder, "a = 2\n", overwrite=True)
    assert not make(folder)
    assert not (folder / "members").exists()  # a kill must have left it
    (tmp_path / ".a.lock").touch()
    assert not make(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_lock_outlives_the_replacement_of_the_folder(tmp_path):
    folder = tmp_path / "a"
    make(folder)
    with making(folder, "replacing", changes=True):
        make(folder, "a = 2\n", overwrite=True)
        make(folder, "a = 3\n", overwrite=True)
        refused = []

        def ask() -> None:
            try:
                make(folder, "a = 4\n", overwrite=True)
            except InUseError as error:
                refused.append(str(error))

        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        assert "replacing since" in refused[0]
    assert (folder / "config.toml").read_text() == "a = 3\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("half", ["old", "old and new"])
def test_a_replacement_that_was_killed_is_ended(tmp_path, half):
    folder = tmp_path / "a"
    make(folder)
    folder.rename(tmp_path / ".a.old")
    if half == "old and new":
        make(folder)
    assert not make(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_finished_run_is_read_where_nothing_can_be_written(tmp_path, unprivileged):
    folder = tmp_path / "a"
    make(folder)
    (folder / "members").mkdir()
    for path in (folder, tmp_path):
        path.chmod(0o555)
    try:
        assert not make(folder)
        with pytest.raises(StoreError, match=r"can't be written to \(Permission denied\)"):
            make(tmp_path / "b")
    finally:
        for path in (tmp_path, folder):
            path.chmod(0o755)
