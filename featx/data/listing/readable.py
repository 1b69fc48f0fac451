"""Which files of a corpus can be read, and which hold samples that need a scale."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from featx.data.files.headers import AudioError, read_header, with_headers
from featx.data.listing.corpus import Found
from featx.data.listing.files import CorpusError
from featx.data.manifest import Utterance
from featx.utils.progress import progress
from featx.utils.text import counted, first_lines

_SHOWN = 5  # files


def keep_readable(found: Found, scale: float | None = None) -> tuple[Found, dict[str, str]]:
    """Leave out utterances whose audio can't be read, and give the others their scale.

    Only headers are read. Missing files stay: they are a fault of the corpus as a whole. Links to
    nowhere are as good as files that can't be read.

    Args:
        found: what a corpus holds.
        scale: what samples are divided by in files of floating-point numbers; None for nothing.

    Returns:
        The utterances that remain; and of the others, id to the reason.

    Raises:
        CorpusError: if none remains, or a scale is given and no file needs one.
    """
    failures: dict[str, str] = {}
    kept: list[Utterance] = []
    with progress("Reading", len(found.utterances), "audio files") as advance:
        for utterance in with_headers(found.utterances, attrgetter("path")):
            try:
                kept.append(_scaled(utterance, scale))
            except AudioError as error:
                failures[utterance.utterance] = str(error)
            advance(1)
    _require_any(kept, failures)
    return Found(kept, found.notes + _note_of_scale(kept, scale)), failures


def keep_decoded(found: Found, failures: Mapping[str, str]) -> tuple[Found, dict[str, str]]:
    """Leave out utterances whose audio could not be decoded.

    Args:
        found: what a corpus holds.
        failures: utterance id to the reason. Missing files stay, as in `keep_readable`, and so do
            parts of files, whose times may be wrong: the check of the manifest says which.

    Returns:
        The utterances that remain; and of the others, id to the reason.

    Raises:
        CorpusError: if none remains.
    """
    left = {
        u.utterance: failures[u.utterance]
        for u in found.utterances
        if u.utterance in failures and u.path.is_file() and u.start is u.end is None
    }
    kept = [utterance for utterance in found.utterances if utterance.utterance not in left]
    _require_any(kept, left)
    return Found(kept, found.notes), left


def _require_any(kept: Sequence[Utterance], failures: Mapping[str, str]) -> None:
    if kept or not failures:
        return
    lines = "\n".join(first_lines(list(failures.values()), _SHOWN))
    raise CorpusError(f"none of {counted(len(failures), 'utterance')} can be read:\n{lines}")


def _scaled(utterance: Utterance, scale: float | None) -> Utterance:
    """Return an utterance with its scale, if its file can need one.

    Raises:
        AudioError: if the file can't be read.
    """
    if not utterance.path.is_file():
        if utterance.path.is_symlink():
            raise AudioError(f"{utterance.path}: is a link to nowhere")
        return utterance
    try:
        floating = read_header(utterance.path).floating
    except UnicodeEncodeError as error:
        name = ascii(str(utterance.path))
        raise AudioError(f"{name}: its name is not UTF-8, rename it") from error
    return replace(utterance, scale=scale) if floating and scale is not None else utterance


def _note_of_scale(utterances: Sequence[Utterance], scale: float | None) -> list[str]:
    if scale is None:
        return []
    scaled = sum(utterance.scale is not None for utterance in utterances)
    if not scaled:
        raise CorpusError(
            f"`scale={scale:g}`: no file here holds floating-point numbers, which alone can lack "
            "one. Leave it out."
        )
    count = f"{scaled:,} of {counted(len(utterances), 'utterance')}"
    return [f"{count} are in files of floating-point numbers, which are divided by {scale:g}"]
