"""One process writes to a store at a time, and its end, however it comes, frees the store."""

import subprocess
import sys

import pytest

from cache import StoreError, writing

HOLD = """
import sys
from pathlib import Path
from cache import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_writers_are_refused(tmp_path):
    with writing(tmp_path), pytest.raises(StoreError, match="another process"), writing(tmp_path):
        pass
    with writing(tmp_path):
        pass


def test_a_killed_process_leaves_no_lock(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match="another process"), writing(tmp_path):
            pass
    finally:
        process.kill()
        process.communicate()
    with writing(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] in ([], [".lock"])


def test_a_file_in_the_folders_place_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="a file"), writing(tmp_path / "file"):
        pass
