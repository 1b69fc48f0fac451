"""Links to the sound of utterances, where it is at hand."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from featx.data.files.paths import locate
from featx.data.manifest_rows import seconds
from featx.errors import FeatxError
from featx.reporting.sheets import Audio
from featx.utils.csv_files import read_table
from featx.utils.remote.path import RemotePath


def find_audio(manifests: Iterable[Path], names: Sequence[str], page: Path) -> dict[str, Audio]:
    """Return links to those utterances whose files are there.

    Args:
        manifests: the manifests that may list them. A manifest that can't be read is passed over,
            as the report is about scores.
        names: the names of the utterances.
        page: the page that will hold the links; they are relative to it.
    """
    links: dict[str, Audio] = {}
    for path in dict.fromkeys(path.resolve() for path in manifests):
        try:
            rows = {row["utterance"]: row for _, row in read_table(path, _COLUMNS).rows()}
        except FeatxError:
            continue
        listed = {name: rows[name] for name in names if name in rows and name not in links}
        files = locate((row["path"] for row in listed.values()), path.parent).paths
        for name, row in listed.items():
            if row["path"] in files:
                links[name] = Audio(_url(files[row["path"]], page) + _part(row), name)
    return links


_COLUMNS = ("utterance", "path")


def _url(file: Path, page: Path) -> str:
    if isinstance(file, RemotePath):
        return str(file)
    relative = os.path.relpath(file, page.resolve().parent)
    return quote(Path(relative).as_posix())


def _part(row: Mapping[str, str]) -> str:
    """Return the media fragment of an utterance that is part of its file."""
    try:
        start, end = (seconds(row.get(name, "")) for name in ("start", "end"))
    except ValueError:
        return ""
    return _fragment(start, end)


def _fragment(start: float | None, end: float | None) -> str:
    if start is None and end is None:
        return ""
    return f"#t={start or 0:g}" + ("" if end is None else f",{end:g}")


def audio_link(file: Path, start: float | None, end: float | None, page: Path) -> str:
    """Return a link to an audio file or a part of it.

    Args:
        file: the audio file.
        start: where the part begins, in seconds; None for the file's beginning.
        end: where it ends; None for the file's end.
        page: the page that will hold the link, which is relative to it.
    """
    return _url(file, page) + _fragment(start, end)
