"""Which files of a corpus can be read, and which hold samples that need a scale."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from featx.data.headers import AudioError, read_header
from featx.data.listing.corpus import Found
from featx.data.listing.files import CorpusError
from featx.data.manifest import Utterance
from featx.utils.progress import progress
from featx.utils.text import counted, first_lines

_SHOWN = 5  # files


def keep_readable(found: Found, scale: float | None = None) -> Found:
    """Leave out utterances whose audio can't be read, and give the others their scale.

    Only headers are read. Missing files stay: they are a fault of the corpus as a whole. Links to
    nowhere are as good as files that can't be read.

    Args:
        found: what a corpus holds.
        scale: what samples are divided by in files of floating-point numbers; None for nothing.

    Returns:
        The utterances that remain, with notes on the others.

    Raises:
        CorpusError: if none remains, or a scale is given and no file needs one.
    """
    failures: dict[Path, str] = {}
    kept: list[Utterance] = []
    with progress("Reading", len(found.utterances), "audio files") as advance:
        for utterance in found.utterances:
            try:
                kept.append(_scaled(utterance, scale))
            except AudioError as error:
                failures[utterance.path] = str(error)
            advance(1)
    lost = len(found.utterances) - len(kept)
    if not kept and failures:
        lines = "\n".join(first_lines(list(failures.values()), _SHOWN))
        raise CorpusError(f"none of {counted(lost, 'utterance')} can be read:\n{lines}")
    notes = list(found.notes)
    if failures:
        lines = "\n".join(first_lines(list(failures.values()), _SHOWN))
        notes.append(f"left out {counted(lost, 'utterance')} whose audio can't be read:\n{lines}")
    return Found(kept, notes + _note_of_scale(kept, scale))


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
