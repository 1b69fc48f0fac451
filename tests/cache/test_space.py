"""A disk without room ends in one error, whoever finds it."""

import errno
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
from safetensors import SafetensorError

from cache import DiskFull, as_disk_full, check_disk, describe_bytes, filling, need_and_free
from cache.disk.hdf5_file import new_hdf5

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (820, "820 B"),
        (999.6, "1.0 kB"),
        (64_100, "64.1 kB"),
        (999_960, "1.0 MB"),
        (12_300_000, "12.3 MB"),
        (5_310_000_000, "5.31 GB"),
        (2_120_000_000_000, "2.12 TB"),
    ],
)
def test_bytes_are_said_in_sensible_units(number, text):
    assert describe_bytes(number) == text


def test_need_and_free_never_read_the_same():
    assert need_and_free(9_100_000, 3_000_000) == "needs 9.1 MB, 3.0 MB free"
    assert need_and_free(3_010_000, 3_000_000) == "needs 3,010,000 B, 3,000,000 B free"


def test_a_check_before_the_work_counts_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3_000_000))
    check_disk(tmp_path / "new" / "er", 3_000_000)
    message = r"er: no room for the moon: needs 9\.1 MB, 3\.0 MB free\. Make room, or use cheese\."
    with pytest.raises(DiskFull, match=message):
        check_disk(tmp_path / "new" / "er", 9_100_000, "the moon", "use cheese")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FULL, r"a\.csv: the disk is full: needs 9\.1 MB, .*B free now\. Make room"),
        (OSError(errno.EDQUOT, "x"), r"a\.csv: the quota on the disk is used up: needs 9\.1 MB\."),
        (OSError(errno.EFBIG, "x"), r"a\.csv: the file system, or `ulimit -f`, takes no file of"),
        (SafetensorError(f"I/O error: {FULL.strerror} (os error 28)"), "the disk is full: needs"),
        (RuntimeError(f"HDF5 ({FULL.strerror}, buf = 0x)"), "the disk is full: needs 9.1 MB"),
        (shutil.Error([("a", "b", str(FULL))]), "the disk is full: needs 9.1 MB"),
        (sqlite3.OperationalError("database or disk is full"), "the disk is full: needs 9.1 MB"),
    ],
)
def test_every_library_s_way_of_saying_it_is_the_same_error(tmp_path, error, words):
    (tmp_path / ".a.csv").touch()
    with (
        pytest.raises(DiskFull, match=words) as raised,
        filling(tmp_path / "a.csv", 9_100_000, tmp_path / ".a.csv"),
    ):
        raise error
    assert raised.value.__cause__ is error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "write",
    [
        lambda path: torch.save({"a": torch.zeros(9000)}, path),
        lambda path: soundfile.write(path, np.zeros(9000), 16_000, format="WAV"),
    ],
)
@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no full device here")
def test_libraries_that_say_no_reason_are_believed_where_there_is_no_room(write, monkeypatch):
    for free, kind in ((10, DiskFull), (10**9, RuntimeError)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        with pytest.raises(kind), filling(Path("/dev/full")):
            write("/dev/full")


@pytest.mark.parametrize(
    "error", [PermissionError(errno.EACCES, "no"), ValueError("bad"), KeyError()]
)
def test_other_errors_stay_as_they_are(tmp_path, error):
    with pytest.raises(type(error)), filling(tmp_path / "a"):
        raise error
    assert as_disk_full(error) is None


def test_an_error_that_names_its_file_needs_no_other_name():
    full = as_disk_full(OSError(errno.ENOSPC, FULL.strerror, "far/features.bin"))
    assert str(full).startswith("far/features.bin: the disk is full: ")
    assert str(as_disk_full(FULL, name="standard output")).startswith(
        "standard output: the disk is"
    )
    assert str(as_disk_full(FULL)).startswith("The disk is full. Make room")


def test_hdf5_on_a_full_disk_neither_crashes_nor_leaves_a_file(tmp_path):
    """A limit on sizes of files stands for a full disk: HDF5 fails in the same way."""
    script = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from cache import DiskFull; from cache.disk.hdf5_file import new_hdf5\n"
        "try:\n"
        "    with new_hdf5(Path(sys.argv[1])) as file:\n"
        "        file['values'] = np.zeros(9000)\n"
        "except DiskFull: print('full')\n"
    )
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # noqa: E731
    command = [sys.executable, "-c", script, tmp_path / "a.h5"]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit)
    assert (done.returncode, done.stdout, done.stderr) == (0, "full\n", "")
    assert not list(tmp_path.iterdir())
    with new_hdf5(tmp_path / "a.h5") as file:
        file["values"] = np.zeros(9000)
    assert (tmp_path / "a.h5").stat().st_size > 72_000
