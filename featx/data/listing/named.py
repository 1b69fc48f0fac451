"""Corpora whose files' names say it all: a table says how to read them."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import drop_duplicates, find_files, left_out, nothing_found
from featx.data.manifest import Utterance

LOSSLESS = (".wav", ".flac")


def _nothing_more(columns: Mapping[str, str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Naming:
    """How a corpus names its files.

    Attributes:
        title: the corpus's name, for messages.
        example: a file's name without its ending, for messages.
        pattern: a regular expression of a whole name, in capitals or not. Its groups become
            columns; `emotion` is also the label and `speaker` the speaker.
        words: what a group's codes mean, in lower case; a name with another code is left out.
        derive: the columns that follow from the others.
        name: a file's name, which becomes the utterance's id.
        corrected: names that the corpus has wrong, each with the right one.
        apart: folders by name, in lower case, that hold something else, each with what it is.
        suffixes: the endings of the audio files.
        remark: what to know before the corpus is divided; empty if nothing.
    """

    title: str
    example: str
    pattern: str
    words: Mapping[str, Mapping[str, str]]
    derive: Callable[[Mapping[str, str]], Mapping[str, str]] = _nothing_more
    name: Callable[[Path], str] = lambda path: path.stem
    corrected: Mapping[str, str] = field(default_factory=dict)
    apart: Mapping[str, str] = field(default_factory=dict)
    suffixes: Collection[str] = LOSSLESS
    remark: str = ""


def named_corpus(
    naming: Naming,
    facts: Facts,
    gaps: Callable[[Sequence[Utterance]], list[str]] | None = None,
) -> Corpus:
    """Return how to read a corpus whose files' names say it all.

    Args:
        naming: how it names its files.
        facts: what is published about it.
        gaps: says what is missing of it, surplus or faulty, as in `Corpus`.
    """
    return Corpus(naming.title, partial(find_named, naming=naming), facts=facts, gaps=gaps)


def find_named(root: Path, naming: Naming) -> Found:
    """Find the utterances of a corpus by the names of its files, in any folders.

    Args:
        root: the folder of the corpus, or one around it.
        naming: how the corpus names its files.

    Returns:
        The utterances by speaker and name. Their columns are what the names say; `emotion` stays
        what it is when labels are merged.

    Raises:
        CorpusError: if the folder is missing or holds no such file, or if files of the same name
            differ in content.
    """
    read, others = _read_names(root, naming)
    kept, notes = drop_duplicates(root, list(read), lambda path: read[path].utterance.lower())
    right = {path.name: naming.corrected.get(_name(path, naming)) for path in kept}
    notes += [f"{wrong} is misnamed: read as {name}" for wrong, name in right.items() if name]
    for why, paths in others.items():
        notes += left_out(root, paths, why)
    if not kept:
        endings = " or ".join(suffix[1:].upper() for suffix in naming.suffixes)
        raise nothing_found(root, f"{naming.title}, {endings} named like {naming.example}", notes)
    utterances = sorted((read[path] for path in kept), key=lambda u: (u.speaker, u.utterance))
    return Found(utterances, notes + ([naming.remark] if naming.remark else []))


def _read_names(root: Path, naming: Naming) -> tuple[dict[Path, Utterance], dict[str, list[Path]]]:
    """Return the utterance of each file, and the other files by why they are none."""
    read: dict[Path, Utterance] = {}
    others: dict[str, list[Path]] = {}
    for path in find_files(root, naming.suffixes):
        folders = {part.lower() for part in path.relative_to(root.parent).parent.parts}
        held = next((what for folder, what in naming.apart.items() if folder in folders), None)
        name = naming.corrected.get(_name(path, naming), _name(path, naming))
        match = re.fullmatch(naming.pattern, name, re.IGNORECASE)
        columns = _columns(match, naming) if match else None
        if held:
            others.setdefault(f"of {held}", []).append(path)
        elif columns is not None:
            read[path] = _utterance(name, path, columns)
        elif match:
            others.setdefault(f"with codes that {naming.title} doesn't have", []).append(path)
        else:
            others.setdefault(f"not named like {naming.example}", []).append(path)
    return read, others


def _name(path: Path, naming: Naming) -> str:
    """Return a file's name with accents as one letter each, which systems write differently."""
    return unicodedata.normalize("NFC", naming.name(path))


def _columns(match: re.Match[str], naming: Naming) -> dict[str, str] | None:
    """Return what a name says, in words; None if it has a code that the corpus doesn't have."""
    columns: dict[str, str] = {}
    for group, code in match.groupdict(default="").items():
        meanings = naming.words.get(group)
        if meanings is not None and code.lower() not in meanings:
            return None
        columns[group] = meanings[code.lower()] if meanings is not None else code
    return {**columns, **naming.derive(columns)}


def _utterance(name: str, path: Path, columns: Mapping[str, str]) -> Utterance:
    own = {column: text for column, text in columns.items() if column != "speaker"}
    return Utterance(name, path, columns.get("speaker", ""), columns["emotion"], extra=own)
