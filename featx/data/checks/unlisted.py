"""Audio files that lie where a corpus does and are in no row of the manifest."""

import os
from collections.abc import Sequence
from pathlib import Path

from featx.data.checks.finding import Finding
from featx.data.manifest import Utterance
from featx.utils.remote.path import RemotePath
from featx.utils.text import counted, listed


def check_unlisted(utterances: Sequence[Utterance]) -> list[Finding]:
    """Find files in the folders of listed ones, and named like them, that no row names."""
    paths = {u.path for u in utterances if not isinstance(u.path, RemotePath)}
    endings = {path.suffix.lower() for path in paths}
    found = sorted(
        path
        for folder in {path.parent for path in paths}
        for path in _files(folder)
        if path.suffix.lower() in endings and path not in paths
    )
    if not found:
        return []
    text = (
        f"{counted(len(found), 'audio file')} in the folders of listed ones, but in no row: "
        f"{listed([path.name for path in found])}."
    )
    return [Finding("unlisted files", "note", text)]


def _files(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [folder / entry.name for entry in entries if entry.is_file()]
    except OSError:  # what is listed there is unreadable, which is said elsewhere
        return []
