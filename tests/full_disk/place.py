"""A small disk with a working folder, where commands run in forks."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Place:
    """A small disk with a working folder, and where commands run in forks.

    Attributes:
        disk: where it is mounted.
        model: a tiny encoder's folder, on another disk.
    """

    disk: Path
    model: Path
    server: subprocess.Popen[str]
    said: Path

    @property
    def folder(self) -> Path:
        """The working folder."""
        return self.disk / "work"

    def run(
        self,
        words: tuple[str, ...],
        blind: bool = False,
        folder: Path | None = None,
        **variables: str,
    ) -> tuple[int, str]:
        """Run a command; return its exit code and all that it said."""
        order = {
            "words": [word.format(model=self.model) for word in words],
            "folder": str(folder or self.folder),
            "variables": {"SOURCE_DATE_EPOCH": "0", **variables},  # for PDFs
            "blind": blind,
            "out": str(self.said / "out"),
            "err": str(self.said / "err"),
        }
        self.server.stdin.write(f"{json.dumps(order)}\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        return code, (self.said / "out").read_text() + (self.said / "err").read_text()

    def restore(self, state: Path) -> None:
        """Make the working folder what another folder is."""
        self.free()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(state, self.folder)

    def leave(self, nbytes: int) -> None:
        """Fill the disk up to so many bytes."""
        self.free()
        disk = os.statvfs(self.disk)
        with (self.disk / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_bsize - nbytes)

    def free(self) -> None:
        """Make room again."""
        (self.disk / "filler").unlink(missing_ok=True)

    def used(self) -> int:
        """Return how many bytes are in use."""
        disk = os.statvfs(self.disk)
        return (disk.f_blocks - disk.f_bfree) * disk.f_bsize
