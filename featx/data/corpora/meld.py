"""MELD (Poria et al., 2019, ACL): films of the series Friends, cut into utterances.

`{train,dev,test}_sent_emo.csv` have a row for each utterance, whose clip is `dia0_utt0.mp4` in
`train_splits/`, `dev_splits_complete/` or `output_repeated_splits_test/`; names repeat between
the parts. Layout, counts and faults: README of declare-lab/MELD and its issues 9, 20, 22 and 27;
process.py of Strong-AI-Lab/emotion.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import CorpusError, find_files, nothing_found
from featx.data.listing.named_files import missing_files, read_rows
from featx.data.listing.unpack import Packed, Unpacked, unpack_sounds
from featx.data.listing.values import to_speaker, to_split
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
BROKEN = {"train_dia125_utt3": "can't be decoded", "dev_dia110_utt7": "was never published"}
WRONG = ("train_dia309_utt0", "test_dia38_utt4", "test_dia220_utt0")  # minutes long: cut wrongly
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
    sounds = _by_name(root, _SOUND)
    films = {name: path for name, path in _by_name(root, _FILM).items() if name not in sounds}
    surplus = sorted({*sounds, *films} - set(rows))
    films = {name: path for name, path in films.items() if name in rows}
    if films and unpack is None:
        raise CorpusError(
            f"{root}: the sound of {counted(len(films), 'utterance')} is in films such as "
            f"{next(iter(films.values())).relative_to(root)}; give `unpack`, a folder for it"
        )
    unpacked = _unpack(films, Path(unpack)) if films and unpack else Unpacked()
    audio = {**sounds, **unpacked.paths}
    notes = missing_files([name for name in rows if name not in sounds and name not in films])
    notes += [
        f"left out {films[n].relative_to(root)}: {why}" for n, why in unpacked.failures.items()
    ]
    if surplus:
        notes.append(
            f"left out {counted(len(surplus), 'clip')} that no table lists: {listed(surplus)}"
        )
    utterances = [_utterance(n, row, audio[n]) for n, row in rows.items() if n in audio]
    if not utterances:
        raise nothing_found(
            root, "clip of MELD's tables, such as train_splits/dia0_utt0.mp4", notes
        )
    return Found(utterances, notes)


def _read_tables(root: Path) -> dict[str, _Row]:
    """Return the rows of all parts by the utterances' ids."""
    rows: dict[str, _Row] = {}
    for path in find_files(root, {".csv"}):
        found = _TABLE.fullmatch(path.stem)
        if found:
            part = found[1].lower()
            for row in read_rows(path, _COLUMNS):
                name = f"{part}_dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}"
                rows.setdefault(name, {**row, "part": part})
    if not rows:
        raise nothing_found(root, "MELD: train_sent_emo.csv, dev_sent_emo.csv or test_…", [])
    unknown = sorted({row["Emotion"] for row in rows.values()} - set(EMOTIONS))
    if unknown:
        raise CorpusError(f"{root}: MELD has no emotion {listed(unknown)}; are the tables whole?")
    order = ("train", "dev", "test")
    return dict(sorted(rows.items(), key=lambda item: order.index(item[1]["part"])))


def _by_name(root: Path, suffixes: set[str]) -> dict[str, Path]:
    """Return the clips of a kind by the ids of their utterances."""
    clips: dict[str, Path] = {}
    for path in find_files(root, suffixes):
        part = _part(path.relative_to(root))
        if part:
            clips.setdefault(f"{part}_{path.stem}", path)
    return clips


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
    found = Counter(utterance.split for utterance in utterances)
    gaps = [f"{part} ({found[part]:,} of {n:,})" for part, n in FULL.items() if found[part] != n]
    notes = [f"parts that differ from the published: {', '.join(gaps)}"] if gaps else []
    names = {utterance.utterance for utterance in utterances}
    notes += [
        f"{name} is here, which in MELD {why}" for name, why in BROKEN.items() if name in names
    ]
    wrong = [name for name in WRONG if name in names]
    if wrong:
        notes.append(f"known to be cut wrongly, minutes long: {listed(wrong)}")
    return notes


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
