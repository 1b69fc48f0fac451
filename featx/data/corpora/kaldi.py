"""Kaldi data folders (kaldi-asr.org/doc/data_prep.html), with a file of emotions.

`wav.scp` names each recording's file; `segments`, if it is there, cuts utterances out of them;
`utt2spk`, `spk2gender`, `text` and the labels are further lists. Commands in `wav.scp`, which
Kaldi would run, are never run here.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from featx.data.listing.corpus import Corpus, Found
from featx.data.listing.files import CorpusError, contents, find_files, nothing_found
from featx.data.listing.tables.corpus_tables import missing_files, without_label
from featx.data.listing.tables.values import to_sex, to_speaker, to_split
from featx.data.manifest import Utterance
from featx.data.manifest_rows import seconds
from featx.data.words import looks_missing
from featx.utils.text import counted, listed

LABELS = ("utt2emo", "utt2emotion", "utt2label", "utt2cat")
_COPY = re.compile(r"split\d+\w*|local")  # folders of a recipe that hold parts of others again
_OFFSET = re.compile(r":\d+$")  # into an archive
_CURE = (
    "featx runs no commands and reads no archives. Write the sound into files once and name those "
    "in wav.scp; where a command only decodes a file, as in flac -c -d FILE |, name FILE itself"
)


class _Segment(NamedTuple):
    """An utterance of a recording; both times are None for all of it."""

    recording: str
    start: float | None = None
    end: float | None = None


def find_kaldi(root: Path, table: str | None = None) -> Found:
    """Find the labelled utterances of Kaldi data folders.

    Args:
        root: a folder with wav.scp, or one around several such, as train and test.
        table: the file of the labels in each folder, with lines `UTTERANCE LABEL`; by default
            the first of `LABELS` that is there.

    Returns:
        The utterances in the order of their folders and files. Of several folders, each named as
        a part is the split. The speaker is empty where utt2spk only repeats the utterances.

    Raises:
        CorpusError: if there are no such folders, labels or audio, or wav.scp holds commands.
    """
    lists = [path for path in find_files(root, {".scp"}) if path.name == "wav.scp"]
    folders = [p.parent for p in lists if not any(map(_COPY.fullmatch, p.relative_to(root).parts))]
    if not folders:
        raise nothing_found(root, "Kaldi data: wav.scp, here or further down", [])
    splits = {f: _split(f.name) if len(folders) > 1 else "" for f in folders}
    read = {folder: _read_folder(folder, root, table, splits[folder]) for folder in folders}
    notes = [note for found in read.values() for note in found.notes]
    utterances = [u for found in read.values() for u in found.utterances]
    if not utterances:
        raise nothing_found(root, "utterances with a label and audio", notes)
    if len({u.utterance for u in utterances}) < len(utterances):  # a name stands in two folders
        utterances = [
            replace(u, utterance=f"{folder.relative_to(root).as_posix()}/{u.utterance}")
            for folder, found in read.items()
            for u in found.utterances
        ]
    return Found(utterances, notes)


def _split(name: str) -> str:
    return "test" if name.startswith("eval") else to_split(name)  # as in Kaldi's recipes, eval92


def _read_folder(folder: Path, root: Path, table: str | None, split: str) -> Found:
    audio = _audio(folder, root)
    segments = _segments(folder) or {name: _Segment(name) for name in audio}
    labels = _labels(_label_file(folder, table))
    about = _About(folder, split)
    utterances, missing, unlabelled = [], [], []
    for name, segment in segments.items():
        path = audio.get(segment.recording)
        if looks_missing(labels.get(name, "")):
            unlabelled.append(labels.get(name, ""))
        elif path is None or not path.is_file():
            missing.append(name)
        else:
            utterances.append(about.utterance(name, path, segment, labels[name]))
    notes = missing_files(missing) + without_label(unlabelled)
    if about.alone:
        notes.append(f"speakers are unknown: {folder.name} has no utt2spk that names them")
    return Found(utterances, notes)


class _About:
    """What a folder's lists say of its utterances."""

    def __init__(self, folder: Path, split: str) -> None:
        self._split = split
        self._speakers, self._texts = _pairs(folder / "utt2spk"), _pairs(folder / "text")
        self._sexes = _pairs(folder / "spk2gender")
        self.alone = all(name == speaker for name, speaker in self._speakers.items())

    def utterance(self, name: str, path: Path, segment: _Segment, label: str) -> Utterance:
        speaker = self._speakers.get(name, "")
        sex = to_sex(self._sexes.get(speaker, ""))
        return Utterance(
            utterance=name,
            path=path,
            speaker="" if self.alone else to_speaker(speaker),
            label=label,
            split=self._split,
            start=segment.start,
            end=segment.end,
            extra={"sex": sex, "text": self._texts.get(name, "")},
        )


def _pairs(path: Path) -> dict[str, str]:
    """Return the lines of a list, each by its first word; none if there is no such file.

    Raises:
        CorpusError: if it is not UTF-8, or lines with the same first word differ.
    """
    if not path.is_file():
        return {}
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: is not UTF-8; save it as UTF-8") from error
    parts = [line.split(maxsplit=1) for line in lines if line.strip()]
    pairs: dict[str, str] = {}
    differing = []
    for name, *rest in parts:
        text = "".join(rest).strip()
        if pairs.setdefault(name, text) != text:
            differing.append(f"{name} with {pairs[name]} and {text}")
    if differing:
        raise CorpusError(f"{path}: names that stand twice: {listed(differing)}; keep one of each")
    return pairs


def _labels(path: Path) -> dict[str, str]:
    labels = _pairs(path)
    several = [f"{name} {label}" for name, label in labels.items() if len(label.split()) > 1]
    if several:
        raise CorpusError(
            f"{path}: {counted(len(several), 'line')} with several words instead of a label: "
            f"{listed(several)}. A line is UTTERANCE LABEL; write a label of several words with - "
            "between them"
        )
    return labels


def _label_file(folder: Path, table: str | None) -> Path:
    names = LABELS if table is None else (table,)
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise CorpusError(
            f"{folder}: has no {' or '.join(names)} with the labels, a line UTTERANCE LABEL each; "
            f"name the file with `table`. {contents(folder)}"
        )
    return found


def _segments(folder: Path) -> dict[str, _Segment]:
    segments = {}
    for name, rest in _pairs(folder / "segments").items():
        try:
            recording, start, end = rest.split()
            stop = seconds(end)  # -1 stands for the recording's end
            segments[name] = _Segment(recording, seconds(start), stop if (stop or 0) > 0 else None)
        except ValueError as error:
            raise CorpusError(
                f"{folder / 'segments'}: {name!r} must be followed by a recording, the begin and "
                f"the end in seconds, not by {rest!r}"
            ) from error
    return segments


def _audio(folder: Path, root: Path) -> dict[str, Path]:
    """Return each recording's file; a relative one lies where the recipe ran, near the folder."""
    names = _pairs(folder / "wav.scp")
    unusable = [f"{name} {text}" for name, text in names.items() if _is_no_file(text)]
    if unusable:
        raise CorpusError(
            f"{folder / 'wav.scp'}: {counted(len(unusable), 'line')} with a command or an archive "
            f"instead of a file: {listed(unusable)}. {_CURE}."
        )
    texts = {name: text.replace("\\", "/") for name, text in names.items()}
    return {name: _resolve(text, folder, root) for name, text in texts.items()}


def _is_no_file(text: str) -> bool:
    return text.endswith("|") or text.startswith("|") or bool(_OFFSET.search(text))


def _resolve(text: str, folder: Path, root: Path) -> Path:
    around = [folder, *folder.parents]
    near = around[: around.index(root) + 3]  # data/train of a recipe lies two folders below it
    return next((base / text for base in near if (base / text).is_file()), folder / text)


CORPUS = Corpus("Kaldi data folders", find_kaldi, ("table",))
