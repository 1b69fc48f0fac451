"""A manifest as it is read from its file, before it is checked."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from featx.data.files.paths import Located, locate
from featx.errors import Call, FeatxError
from featx.utils.csv_files import read_lines
from featx.utils.progress import passing

REQUIRED = ("utterance", "path", "speaker")
OPTIONAL = ("label", "session", "split", "start", "end", "scale")
SPLITS = ("train", "validation", "test")


class ManifestError(FeatxError):
    """A manifest that can't be read or written; the message lists every problem in it."""


@dataclass(frozen=True)
class ManifestRows:
    """A manifest as it was read, before it is checked.

    Attributes:
        folder: what audio paths are relative to.
        lines: the line number and fields of each row, the header first.
    """

    folder: Path
    lines: list[tuple[int, list[str]]]

    def __post_init__(self) -> None:
        """Take spaces off the cells of columns that featx knows, once for all."""
        trimmed = {*REQUIRED, *OPTIONAL} - {"path"}  # a file's name can end in spaces
        header = self.header
        known = [place for place, name in enumerate(header) if name in trimmed]
        for _, fields in self.lines[1:]:
            if len(fields) == len(header):
                for place in known:
                    fields[place] = fields[place].strip()

    @cached_property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [name.strip() for name in self.lines[0][1]] if self.lines else []

    def rows(self, title: str = "") -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the line number and the columns of each row that has the header's length.

        Args:
            title: what is being done with them, for the progress that is shown of many rows.
        """
        header = self.header
        lines = self.lines[1:]
        shown = passing(lines, len(lines), title, "rows") if title else lines
        for line, fields in shown:
            if len(fields) == len(header):
                yield line, dict(zip(header, fields, strict=True))

    def column(self, name: str) -> list[str]:
        """Return the cells of a column in all such rows; none if there is no such column."""
        header = self.header
        if name not in header:
            return []
        place = len(header) - 1 - header[::-1].index(name)
        return [fields[place] for _, fields in self.lines[1:] if len(fields) == len(header)]


def read_rows(path: Path) -> ManifestRows:
    """Read a manifest without checking it.

    Raises:
        ManifestError: if there is no such file, or it can't be read.
    """
    if not path.exists():
        arguments = {"corpus": "folder", "root": "CORPUS", "out": path}
        raise ManifestError(
            f"{path}: no such manifest.",
            Call("Make one from a corpus, such as", "build_manifest", arguments),
        )
    try:
        return ManifestRows(path.parent.resolve(), read_lines(path))
    except FeatxError as error:
        raise ManifestError(str(error)) from error


def locate_audio(manifest: ManifestRows) -> Located:
    """Find the audio files of a manifest."""
    texts = manifest.column("path")
    others = dict.fromkeys([Path.cwd(), manifest.folder.parent])
    return locate(
        passing(texts, len(texts), "Finding audio files", "rows"),
        manifest.folder,
        [path for path in others if path != manifest.folder],
    )


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


def scale_of(text: str) -> float | None:
    """Return a scale, or None where the manifest gives none.

    Raises:
        ValueError: if the text is not a finite number above 0.
    """
    value = seconds(text)
    if value is not None and value <= 0:
        raise ValueError(text)
    return value
