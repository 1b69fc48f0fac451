"""A log never stops the work that it tells of."""

import errno
import logging
import os
from pathlib import Path

import pytest

from featx.errors import DiskFull
from featx.runs.folder import _logged
from featx.runs.log_file import LogFile

log = logging.getLogger("featx")
needs_full_device = pytest.mark.skipif(
    not Path("/dev/full").is_char_device(), reason="there is no full device here"
)


def work_and_fail(folder: Path) -> None:
    """Say something of the work, and fail."""
    with _logged(folder):
        log.info("one line")
        raise KeyError("the work's own")


@needs_full_device
def test_lines_that_the_disk_has_no_room_for_are_lost_and_counted(tmp_path, capsys, caplog):
    (tmp_path / "run.log").symlink_to("/dev/full")
    with pytest.raises(KeyError, match="the work's own"):
        work_and_fail(tmp_path)
    assert "lacks lines" not in caplog.text  # as the work ended in an error of its own
    with _logged(tmp_path):
        log.info("one line")
    assert f"{tmp_path / 'run.log'} lacks lines" in caplog.text
    assert "Logging error" not in capsys.readouterr().err


@needs_full_device
def test_lines_come_when_there_is_room_again(tmp_path):
    handler = LogFile(tmp_path / "run.log")
    room = os.dup(handler.stream.fileno())
    full = os.open("/dev/full", os.O_WRONLY)
    for place, text in ((room, "one"), (full, "two"), (room, "three")):
        os.dup2(place, handler.stream.fileno())
        handler.emit(logging.LogRecord("featx", logging.INFO, "", 0, text, None, None))
    handler.close()
    assert handler.lost == 1
    said = (tmp_path / "run.log").read_text().splitlines()
    assert [line.split()[-1] for line in said] == ["one", "two", "three"]


def test_a_log_that_can_t_be_begun_names_itself(tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(logging.FileHandler, "_open", fail)
    with pytest.raises(DiskFull, match=r"run\.log: the disk is full"):
        LogFile(tmp_path / "run.log")


def test_a_fault_of_this_program_is_not_hidden(tmp_path, capsys):
    handler = LogFile(tmp_path / "run.log")
    handler.emit(logging.LogRecord("featx", logging.INFO, "", 0, "%d", ("x",), None))
    handler.close()
    assert "Logging error" in capsys.readouterr().err
