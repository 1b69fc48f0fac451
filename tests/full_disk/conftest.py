"""A disk that is small, and the states of a working folder on it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.full_disk.commands import States
from tests.full_disk.place import Place

SIZE = 96 * 2**20  # bytes of the disk


@pytest.fixture(scope="module")
def place(tmp_path_factory, checkpoint_folder) -> Iterator[Place]:
    """A disk of its own, and a process to run commands in."""
    disk = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)]
    if (
        sys.platform != "linux"
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("no disk can be mounted here")
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("forks.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Place(disk, checkpoint_folder, server, tmp_path_factory.mktemp("said"))
    finally:
        server.stdin.close()
        server.wait()
        subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture(scope="module")
def states(place, tmp_path_factory) -> States:
    """The working folder before and after each command."""
    return States(place, tmp_path_factory.mktemp("states"))
