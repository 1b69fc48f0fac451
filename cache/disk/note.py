"""The note beside a lock: who holds it."""

import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Note:
    """Who holds a lock.

    Attributes:
        doing: what is done.
        since: when it was begun, with the time zone.
        process: its number.
        host: where it runs.
    """

    doing: str
    since: str
    process: int
    host: str

    @classmethod
    def of_this_process(cls, doing: str) -> Self:
        """Return what a process that begins now says of itself."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return cls(doing, now, os.getpid(), socket.gethostname())

    def describe(self) -> str:
        """Say who holds the lock, with the day where that is not today."""
        since = datetime.fromisoformat(self.since).astimezone()
        today = since.date() == datetime.now().date()
        when = f"{since:%H:%M}" if today else f"{since:%Y-%m-%d %H:%M}"
        return f"{self.doing} since {when} as process {self.process} on host {self.host}"

    def write(self, path: Path) -> None:
        """Write the note, in place of what another process left."""
        path.unlink(missing_ok=True)  # which may be another user's
        path.write_text(json.dumps(asdict(self)), "utf-8")


def note_file(lock: Path) -> Path:
    """Return where the note on a lock lies."""
    return lock.with_name(f"{lock.name}.json")


def read_note(path: Path) -> Note | None:
    """Return a note, None if there is none that can be read."""
    try:
        return Note(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
