"""One process writes to a folder at a time, and its end, however it comes, frees the folder."""

import errno
import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from cache import InUseError, StoreError, writing

HOLD = """
import sys
from pathlib import Path
from cache import writing
folder, part, lockless = sys.argv[1:]
if lockless:
    import errno, fcntl
    def flock(*_):
        raise OSError(int(lockless), "no locks")
    fcntl.flock = flock
with writing(Path(folder), "testing", part=part or None):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(folder: Path, part: str = "", lockless: str = "") -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD, str(folder), part, lockless]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(params=["locks", "no locks"])
def lockless(request, monkeypatch) -> str:
    """Be on a file system that has locks, or on one that has none."""
    if request.param == "locks":
        return ""

    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    return str(errno.ENOLCK)


@pytest.mark.parametrize("within", [True, False])
def test_a_second_writer_is_refused_and_hears_of_the_first(tmp_path, within, lockless, in_a_thread):
    folder = tmp_path / "a [b]"
    with in_a_thread(writing(folder, "testing", within=within)):
        said = (
            rf"{re.escape(str(folder))} is being written to: testing since \d\d:\d\d as process "
            rf"{os.getpid()} on host {re.escape(socket.gethostname())}\. Wait .* another folder\.$"
        )
        with pytest.raises(InUseError, match=said), writing(folder, within=within):
            pass
    with writing(folder, within=within):
        pass
    assert list(tmp_path.iterdir()) == []  # neither a lock nor an empty folder is left


def test_a_thread_that_writes_may_ask_again(tmp_path):
    with writing(tmp_path):
        with writing(tmp_path):
            pass
        refused = []

        def ask() -> None:
            try:
                with writing(tmp_path):
                    pass
            except InUseError as error:
                refused.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        assert refused


def test_a_killed_process_leaves_no_lock(tmp_path, lockless, in_a_thread):
    with holder(tmp_path, lockless=lockless) as process:
        said = rf"testing since .* as process {process.pid} on host"
        with pytest.raises(InUseError, match=said), writing(tmp_path):
            pass
    with (
        in_a_thread(writing(tmp_path, "testing")),  # whose note is not the dead one's
        pytest.raises(InUseError, match=str(os.getpid())),
        writing(tmp_path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_note_of_a_killed_process_of_another_user_is_replaced(
    tmp_path, unprivileged, in_a_thread
):
    with holder(tmp_path):
        (tmp_path / ".lock.json").chmod(0o444)
    said = f"process {os.getpid()} on host"
    with (
        in_a_thread(writing(tmp_path, "testing")),
        pytest.raises(InUseError, match=said),
        writing(tmp_path),
    ):
        pass


def test_a_lock_of_another_host_names_its_file(tmp_path, monkeypatch):
    with holder(tmp_path, lockless=str(errno.ENOSYS)):
        (marker,) = tmp_path.glob("*.process")
        process, _, *rest = marker.read_text().split("\n")
        marker.write_text("\n".join([process, "elsewhere", *rest]))
        note = tmp_path / ".lock.json"
        note.write_text(json.dumps({**json.loads(note.read_text()), "host": "elsewhere"}))

    def flock(*_: object) -> None:
        raise OSError(errno.ENOSYS, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    said = rf"on host elsewhere\..* delete {re.escape(str(marker))}"
    with pytest.raises(InUseError, match=said), writing(tmp_path):
        pass
    marker.unlink()
    with writing(tmp_path):
        pass


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (None, None, False),
        (None, "2of8", False),
        ("2of8", None, False),
        ("2of8", "2of8", False),
        ("2of8", "3of8", True),
        ("2of8", "3of4", False),  # whose utterances may be the same
    ],
)
def test_who_writes_together(tmp_path, first, second, together, lockless, in_a_thread):
    with in_a_thread(writing(tmp_path, "testing", part=first)):
        if together:
            with writing(tmp_path, part=second):
                pass
        else:
            said = f"testing{f', part {first}' if first else ''} since"
            with pytest.raises(InUseError, match=said), writing(tmp_path, part=second):
                pass
    with writing(tmp_path, part=second):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_killed_part_does_not_hold(tmp_path, lockless):
    with holder(tmp_path, "2of8", lockless):
        pass
    with writing(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_parts_begun_at_the_same_time_all_write(tmp_path):
    failures: list[BaseException] = []
    together = threading.Barrier(50)

    def write(number: int) -> None:
        try:
            with writing(tmp_path, part=f"{number}of50"):
                together.wait(20)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=[number]) for number in range(1, 51)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert list(tmp_path.iterdir()) == []


def test_what_no_writer_could_use_is_refused(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "store"):
        with pytest.raises(StoreError, match=r"a file|Not a directory"), writing(folder):
            pass

    def open_nothing(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "open", open_nothing)
    said = r"Read-only file system\), which testing needs"
    with pytest.raises(StoreError, match=said), writing(tmp_path, "testing"):
        pass


def test_a_folder_that_is_removed_while_it_is_written_to_leaves_nothing(tmp_path):
    with writing(tmp_path / "a"):
        shutil.rmtree(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_the_end_of_a_writer_frees_no_folder_that_was_made_anew(tmp_path, in_a_thread):
    folder = tmp_path / "a"
    with ExitStack() as second:
        with writing(folder, "the first"):
            shutil.rmtree(folder)
            second.enter_context(in_a_thread(writing(folder, "testing")))
        with pytest.raises(InUseError, match="testing"), writing(folder):
            pass
