"""RAVDESS (Livingstone and Russo, 2018, PLOS ONE 13(5): e0196391).

Files are named `MM-CC-EE-II-SS-RR-AA.wav` and lie in many layouts, so only names are read.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import drop_duplicates, find_files, left_out, nothing_found
from featx.data.listing.published import count_gaps
from featx.data.manifest import Utterance
from featx.utils.text import counted

ACTORS = tuple(f"{number:02}" for number in range(1, 25))
FIELDS = {  # in the order of the file name
    "modality": {"01": "audio-video", "02": "video-only", "03": "audio-only"},
    "channel": {"01": "speech", "02": "song"},
    "emotion": {
        "01": "neutral",
        "02": "calm",
        "03": "happy",
        "04": "sad",
        "05": "angry",
        "06": "fearful",
        "07": "disgust",
        "08": "surprised",
    },
    "intensity": {"01": "normal", "02": "strong"},
    "statement": {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"},
    "repetition": {"01": "1st", "02": "2nd"},
    "actor": {actor: actor for actor in ACTORS},
}
FULL = {  # utterances of each actor
    "speech": dict.fromkeys(ACTORS, 60),
    "song": dict.fromkeys((actor for actor in ACTORS if actor != "18"), 44),
}
COPIES = frozenset(  # byte for byte in a copy at 16 kHz; the corpus at 48 kHz was not at hand
    {
        frozenset({"03-01-05-01-01-01-02", "03-01-05-02-02-01-05"}),
        frozenset({"03-01-03-01-02-01-07", "03-01-03-01-02-02-07"}),
    }
)
_EXAMPLE = "03-01-06-01-02-01-12"
_LOOKS_RIGHT = re.compile(r"\d+(-\d+){4,}")


def find_ravdess(root: Path, channel: str = "speech") -> Found:
    """Find the audio-only utterances of RAVDESS.

    Args:
        root: a folder that holds the files in any layout, as WAV or FLAC.
        channel: "speech", "song" or "both".

    Returns:
        The utterances, by actor; `label` is the emotion and all seven fields are kept.

    Raises:
        CorpusError: if the folder is missing or holds no such file.
    """
    wanted = list(FULL) if channel == "both" else [channel]
    named, notes = _read_names(root)
    utterances = [_utterance(path, w) for path, w in named.items() if w["channel"] in wanted]
    if len(utterances) < len(named):
        other = "song" if channel == "speech" else "speech"
        count = counted(len(named) - len(utterances), f"{other} utterance")
        notes.append(f"left out {count}; `channel=both` keeps them")
    if not utterances:
        raise nothing_found(root, f"RAVDESS {channel}, WAV or FLAC named like {_EXAMPLE}", notes)
    utterances.sort(key=lambda found: (found.extra["channel"], found.speaker, found.utterance))
    return Found(utterances, notes)


def _read_names(root: Path) -> tuple[dict[Path, dict[str, str]], list[str]]:
    """Return the audio-only files with their fields in words, and notes on the others."""
    named: dict[Path, dict[str, str]] = {}
    foreign, impossible, filmed = [], [], []
    for path in find_files(root, {".wav", ".flac"}):
        words = _words(path.stem)
        if not _LOOKS_RIGHT.fullmatch(path.stem):
            foreign.append(path)
        elif words is None:
            impossible.append(path)
        elif words["modality"] != "audio-only":
            filmed.append(path)
        else:
            named[path] = words
    kept, notes = drop_duplicates(root, list(named), lambda path: path.stem)
    notes += left_out(root, filmed, "not audio-only (modality 03)")
    notes += left_out(root, impossible, "with codes that RAVDESS doesn't have")
    notes += left_out(root, foreign, f"not named like {_EXAMPLE}")
    return {path: named[path] for path in kept}, notes


def _words(stem: str) -> dict[str, str] | None:
    codes = stem.split("-")
    if len(codes) != len(FIELDS):
        return None
    fields = zip(FIELDS.items(), codes, strict=True)
    words = {name: meanings.get(code, "") for (name, meanings), code in fields}
    return words if all(words.values()) else None


def _utterance(path: Path, words: dict[str, str]) -> Utterance:
    sex = "male" if int(words["actor"]) % 2 else "female"
    return Utterance(
        utterance=path.stem,
        path=path,
        speaker=words["actor"],
        label=words["emotion"],
        extra={**words, "sex": sex},
    )


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    channels = {name: [u for u in utterances if u.column("channel") == name] for name in FULL}
    return [
        gap
        for name, here in channels.items()
        if here
        for gap in count_gaps(here, FULL[name], ("actor",), f"{name} utterance")
    ]


CORPUS = Corpus(
    "RAVDESS",
    find_ravdess,
    ("channel",),
    Facts(
        licence="CC BY-NC-SA 4.0",
        hours=2.8,  # so audb
        speakers=24,
        utterances=2_452,
        labels=tuple(FIELDS["emotion"].values()),
        language="English",
        link="https://zenodo.org/records/1188976",
    ),
    _gaps,
    COPIES,
)
