"""MELD (Poria et al., 2019, ACL): films of the series Friends, cut into utterances.

`{train,dev,test}_sent_emo.csv` have a row for each utterance, whose clip is `dia0_utt0.mp4` in
`train_splits/`, `dev_splits_complete/` or `output_repeated_splits_test/`; names repeat between
the parts. Layout, counts and faults: README of declare-lab/MELD and its issues 9, 20, 22 and 27;
process.py of Strong-AI-Lab/emotion.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import CorpusError, drop_duplicates, find_files, nothing_found
from featx.data.listing.published import count_gaps, known_faults
from featx.data.listing.tables.corpus_tables import missing_files, not_listed, read_rows
from featx.data.listing.tables.values import to_speaker, to_split
from featx.data.listing.unpack import Packed, Unpacked, unpack_sounds
from featx.data.manifest import Utterance
from featx.utils.text import counted, listed

EMOTIONS = {
    "neutral": "neutral",
    "joy": "happy",
    "sadness": "sad",
    "anger": "angry",
    "surprise": "surprised",
    "fear": "fearful",
    "disgust": "disgust",
}
FULL = {"train": 9_988, "validation": 1_108, "test": 2_610}  # without the two below
FAULTS = {
    "train_dia125_utt3": "can't be decoded as published",
    "dev_dia110_utt7": "was never published",
    **dict.fromkeys(
        ("train_dia309_utt0", "test_dia38_utt4", "test_dia220_utt0"), "cut wrongly, minutes long"
    ),
}
_COLUMNS = ("Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID")
_TABLE = re.compile(r"(train|dev|test)_sent_emo", re.IGNORECASE)
_SOUND, _FILM = {".wav", ".flac"}, {".mp4", ".mkv", ".avi"}
_SEVERAL = re.compile(r"(all|both|every(one|body))\b|.+( and |&).+", re.IGNORECASE)
# Windows' quotes and dashes, which the tables have as control characters.
_CONTROLS = {n: bytes([n]).decode("cp1252", "ignore") for n in range(0x80, 0xA0)}
_Row = dict[str, str]


def find_meld(root: Path, unpack: str | None = None) -> Found:
    """Find the utterances of MELD.

    Args:
        root: the folder of the tables and clips, in any known layout.
        unpack: the folder for the sound of the clips, as FLAC; not needed where WAV or FLAC
            files of the clips' names lie in the parts' folders.

    Returns:
        The utterances by part and table. Their ids carry the part. The speaker is the character,
        empty where several speak.

    Raises:
        CorpusError: if the folder is missing, holds no table or clip, or `unpack` is needed.
        Interrupted: on Ctrl-C while unpacking; the same call goes on from there.
    """
    rows = _read_tables(root)
    clips = _clips(root)
    sounds, copies = _by_name(root, clips, rows, _SOUND)
    films, more = _by_name(root, clips, set(rows) - set(sounds), _FILM)
    if films and unpack is None:
        raise CorpusError(
            f"{root}: the sound of {counted(len(films), 'utterance')} is in films such as "
            f"{next(iter(films.values())).relative_to(root)}; give `unpack`, a folder for it"
        )
    unpacked = _unpack(films, Path(unpack)) if films and unpack else Unpacked()
    audio = {**sounds, **unpacked.paths}
    notes = copies + more
    notes += missing_files([name for name in rows if name not in sounds and name not in films])
    notes += unpacked.notes() + not_listed(clips.values(), rows)
    utterances = [_utterance(n, row, audio[n]) for n, row in rows.items() if n in audio]
    if not utterances:
        raise nothing_found(
            root, "clip of MELD's tables, such as train_splits/dia0_utt0.mp4", notes
        )
    return Found(utterances, notes)


def _read_tables(root: Path) -> dict[str, _Row]:
    """Return the rows of all parts by the utterances' ids."""
    rows: dict[str, _Row] = {}
    differing = []
    for path in find_files(root, {".csv"}):
        found = _TABLE.fullmatch(path.stem)
        if found:
            part = found[1].lower()
            for row in read_rows(path, _COLUMNS):
                name = f"{part}_dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}"
                if rows.setdefault(name, {**row, "part": part}) != {**row, "part": part}:
                    differing.append(f"{name} of {path.relative_to(root)}")
    if not rows:
        names = "train_sent_emo.csv, dev_sent_emo.csv or test_sent_emo.csv"
        raise nothing_found(root, f"MELD: {names}", [])
    if differing:
        raise CorpusError(
            f"{root}: the tables have {counted(len(differing), 'utterance')} twice, and not with "
            f"the same words: {listed(differing)}. Keep one copy of the tables"
        )
    unknown = sorted({row["Emotion"] for row in rows.values()} - set(EMOTIONS))
    if unknown:
        raise CorpusError(f"{root}: MELD has no emotion {listed(unknown)}; are the tables whole?")
    order = ("train", "dev", "test")
    return dict(sorted(rows.items(), key=lambda item: order.index(item[1]["part"])))


def _clips(root: Path) -> dict[Path, str]:
    """Return the id of the utterance of each clip."""
    parts = {path: _part(path.relative_to(root)) for path in find_files(root, _SOUND | _FILM)}
    return {path: f"{part}_{path.stem}" for path, part in parts.items() if part}


def _by_name(
    root: Path, clips: Mapping[Path, str], names: Collection[str], suffixes: set[str]
) -> tuple[dict[str, Path], list[str]]:
    """Return the clips of a kind that are utterances by their ids, and a note on copies."""
    chosen = [p for p, name in clips.items() if name in names and p.suffix.lower() in suffixes]
    kept, notes = drop_duplicates(root, chosen, clips.__getitem__)
    return {clips[path]: path for path in kept}, notes


def _part(path: Path) -> str:
    """Return the part that the innermost folder with a name of one says."""
    for folder in path.parents:
        words = folder.name.lower().split("_")
        for word, part in (("train", "train"), ("dev", "dev"), ("val", "dev"), ("test", "test")):
            if word in words:
                return part
    return ""


def _unpack(films: dict[str, Path], folder: Path) -> Unpacked:
    return unpack_sounds((Packed(n, p) for n, p in films.items()), len(films), folder.absolute())


def _utterance(name: str, row: _Row, path: Path) -> Utterance:
    speaker = row["Speaker"].translate(_CONTROLS)
    extra = {
        "text": row["Utterance"].translate(_CONTROLS),
        "dialogue": row["Dialogue_ID"],
        "sentiment": row["Sentiment"],
    }
    more = {"season": "Season", "episode": "Episode"}
    return Utterance(
        utterance=name,
        path=path,
        speaker="" if _SEVERAL.fullmatch(speaker) else to_speaker(speaker),
        label=EMOTIONS[row["Emotion"]],
        split=to_split(row["part"]),
        extra={**extra, **{ours: row.get(theirs, "") for ours, theirs in more.items()}},
    )


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    return count_gaps(utterances, FULL, ("split",)) + known_faults(utterances, FAULTS)


CORPUS = Corpus(
    "MELD",
    find_meld,
    ("unpack",),
    Facts(
        licence="GPL 3.0",
        hours=13.7,
        speakers=None,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="English",
        link="https://affective-meld.github.io",
    ),
    _gaps,
)
