"""Files have names that every system takes, and are there in full or not at all."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from featx.errors import DiskFull
from featx.utils import files
from featx.utils.files import portable_name, replacing, write_text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a-1_ä.b", "a-1_ä.b"),
        ("x:1", "x-1"),
        (r"a\b/c?", "a-b-c-"),
        ("con", "-con"),
        ("Com1.wav", "-Com1.wav"),
        ("contrast", "contrast"),
        ("ends.", "ends-"),
        ("ends ", "ends-"),
        ("a\nb", "a-b"),
    ],
)
def test_a_portable_name_is_one_on_windows_too(text, name):
    assert portable_name(text) == name
    assert portable_name(name) == name


def test_a_write_that_fails_leaves_what_was_there_and_nothing_beside(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    write_text(path, "whole\n")

    def fill_up(file: Path, content: bytes) -> None:
        with file.open("wb") as opened:
            opened.write(content[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fill_up)
        with pytest.raises(DiskFull, match=r"table\.csv: the disk is full: needs 2\.0 kB, .* free"):
            write_text(path, "x" * 2000)
        with pytest.raises(DiskFull), replacing(tmp_path / "model") as folder:
            write_text(folder / "weights", "x")
    assert path.read_text() == "whole\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_takes_another_s_place_when_it_is_full(tmp_path):
    folder = tmp_path / "model"
    for content in ("old", "new"):
        with replacing(folder) as unfinished:
            write_text(unfinished / content, content)
            assert not (folder / content).exists()
        assert [path.name for path in folder.iterdir()] == [content]
    with pytest.raises(KeyError), replacing(folder) as unfinished:
        raise KeyError
    assert list(tmp_path.iterdir()) == [folder]
    assert (folder / "new").exists()


WRITE_FOREVER = """
import sys, time
from pathlib import Path
from featx.utils.files import replace

def write(unfinished):
    unfinished.write_text("half")
    print("writing", flush=True)
    time.sleep(60)

replace(Path(sys.argv[1]), write)
"""


def test_what_a_killed_process_left_is_removed_at_the_next_write(tmp_path, monkeypatch):
    command = [sys.executable, "-c", WRITE_FOREVER, tmp_path / "a.json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writing:
        assert writing.stdout.readline() == "writing\n"
        (half,) = tmp_path.iterdir()
        write_text(tmp_path / "b.json", "{}")
        assert half.exists()  # its writer lives
        writing.kill()
    half.with_name(f"{half.name}.model").mkdir()
    write_text(half.with_name(f"{half.name}.model") / "weights", "half")
    files._remove_leftovers.cache_clear()  # as in a new process
    elsewhere = tmp_path / ".0000-1.c.json"  # of another machine
    elsewhere.touch()
    write_text(tmp_path / "b.json", "{}")
    assert {path.name for path in tmp_path.iterdir()} == {"b.json", elsewhere.name}
    os.utime(elsewhere, (0, 0))
    files._remove_leftovers.cache_clear()
    write_text(tmp_path / "b.json", "{}")
    assert {path.name for path in tmp_path.iterdir()} == {"b.json"}
