"""Any corpus whose audio is sorted into one folder for each label."""

import re
from pathlib import Path

from featx.data.listing.corpus import Corpus, Found
from featx.data.listing.files import (
    CorpusError,
    drop_duplicates,
    find_files,
    left_out,
    nothing_found,
)
from featx.data.manifest import Utterance

SUFFIXES = {".wav", ".flac", ".ogg", ".mp3"}


def find_folder(root: Path, speaker: str | None = None) -> Found:
    """Find audio under `root/<label>/`, at any depth.

    Args:
        root: the folder of the labels' folders.
        speaker: a regular expression with one group, searched for in each path relative to
            `root`; the group is the speaker. Without it speakers are unknown.

    Returns:
        The utterances by path; their ids are the path without its ending.

    Raises:
        CorpusError: if the folder is missing, holds no such file, or no path has a speaker.
    """
    pattern = None if speaker is None else speaker_pattern(speaker)
    paths = find_files(root, SUFFIXES)
    loose = [path for path in paths if path.parent == root]
    labelled = [path for path in paths if path.parent != root]
    kept, notes = drop_duplicates(root, labelled, lambda path: _id(root, path))
    notes += left_out(root, loose, "outside the labels' folders")
    if not kept:
        raise nothing_found(root, "<label>/*.wav, flac, ogg or mp3", notes)
    utterances = [_utterance(root, path, pattern) for path in sorted(kept)]
    return Found(utterances, notes + _unknown_speakers(root, utterances, pattern))


def speaker_pattern(speaker: str) -> re.Pattern[str]:
    """Return a regular expression that finds the speaker in a path.

    Raises:
        CorpusError: if it is none, or has not exactly one group.
    """
    try:
        pattern = re.compile(speaker)
    except re.error as error:
        raise CorpusError(f"`speaker={speaker!r}`: not a regular expression ({error})") from error
    if pattern.groups != 1:
        raise CorpusError(
            f"`speaker={speaker!r}`: has {pattern.groups} groups where exactly one must hold the "
            r"speaker, as in 'spk(\d+)'. Write (?:...) for a group that holds nothing."
        )
    return pattern


def _id(root: Path, path: Path) -> str:
    return path.relative_to(root).with_suffix("").as_posix()


def _utterance(root: Path, path: Path, pattern: re.Pattern[str] | None) -> Utterance:
    relative = path.relative_to(root)
    match = pattern.search(relative.as_posix()) if pattern else None
    return Utterance(
        utterance=_id(root, path),
        path=path,
        speaker=(match[1] or "") if match else "",
        label=relative.parts[0].strip(),
    )


def _unknown_speakers(
    root: Path, utterances: list[Utterance], pattern: re.Pattern[str] | None
) -> list[str]:
    if pattern is None:
        return ["speakers are unknown; give `speaker`, a regular expression, to find them in paths"]
    unknown = [u.path.relative_to(root) for u in utterances if not u.speaker]
    if len(unknown) == len(utterances):
        raise CorpusError(f"`speaker={pattern.pattern!r}`: found in no path, such as {unknown[0]}")
    count = f"{len(unknown):,} of {len(utterances):,}"
    return [f"`speaker` was not found in {count} paths, such as {unknown[0]}"] if unknown else []


CORPUS = Corpus("Folders of labels", find_folder, ("speaker",))
