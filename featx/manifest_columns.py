"""The columns of a manifest and what their text means."""

import math
import os
from pathlib import Path

REQUIRED = ("utterance", "path", "speaker", "label")
OPTIONAL = ("session", "split", "start", "end")
SPLITS = ("train", "validation", "test")


def audio_path(folder: Path, text: str) -> Path:
    """Return the absolute path of an audio file.

    Args:
        folder: the manifest's, without links, so that `..` means what it says.
        text: the manifest's `path`, relative to the folder or absolute.
    """
    path = Path(os.path.normpath(folder / text))
    return path if path.exists() else Path(os.path.normpath(folder / text.strip()))


def seconds(text: str) -> float | None:
    """Return a time, or None where the manifest gives none.

    Raises:
        ValueError: if the text is not a finite number.
    """
    if not text:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
