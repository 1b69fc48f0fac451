"""ESD, the Emotional Speech Dataset (Zhou et al., 2022, Speech Communication 137:1-18).

Audio lies in `0005/Neutral/0005_000001.wav`, or below that in `train/`, `evaluation/` or `test/`;
`0005/0005.txt` has a line for each utterance: its name, what is said, its emotion. Layout, sexes
and languages: the corpus's ReadMe.txt; which encodings the texts have: process.py of
Strong-AI-Lab/emotion.
"""

from collections.abc import Sequence
from pathlib import Path

from featx.data.corpora.esd.texts import read_texts
from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import drop_duplicates, find_files, left_out, nothing_found
from featx.data.listing.published import count_gaps
from featx.data.manifest import Utterance

EMOTIONS = {
    "neutral": "neutral",
    "angry": "angry",
    "happy": "happy",
    "sad": "sad",
    "surprise": "surprised",
}
SPEAKERS = tuple(f"{number:04}" for number in range(1, 21))
MEN = {"0004", "0005", "0006", "0008", "0010", "0011", "0012", "0013", "0014", "0020"}
SPLITS = {"train": "train", "evaluation": "validation", "test": "test"}
FULL = dict.fromkeys(SPEAKERS, 350 * len(EMOTIONS))  # utterances of each speaker
_MANDARIN = set(SPEAKERS[:10])


def find_esd(root: Path) -> Found:
    """Find the utterances of ESD.

    Args:
        root: a folder that holds the speakers' folders, at any depth.

    Returns:
        The utterances by name, with the columns text, language and sex.

    Raises:
        CorpusError: if the folder is missing or holds no such file.
    """
    paths = find_files(root, {".wav", ".flac"})
    named = [path for path in paths if _is_named(path) and _emotion(path)]
    named.sort(key=lambda path: not _split(path))  # a copy that says its part is the better
    kept, notes = drop_duplicates(root, named, lambda path: path.stem)
    known = set(named)
    foreign = [path for path in paths if path not in known]
    notes += left_out(root, foreign, "not named like Neutral/0005_000001.wav")
    if not kept:
        raise nothing_found(root, "ESD, WAV or FLAC named like 0005/Neutral/0005_000001", notes)
    texts, unreadable = read_texts(root, _MANDARIN)
    kept.sort(key=lambda path: path.stem)
    utterances = [_utterance(path, texts.get(path.stem, "")) for path in kept]
    silent = sum(not utterance.extra["text"] for utterance in utterances)
    if silent:
        unreadable.append(f"{silent:,} of {len(utterances):,} utterances have no text")
    return Found(utterances, notes + unreadable)


def _is_named(path: Path) -> bool:
    speaker, _, number = path.stem.partition("_")
    return speaker in SPEAKERS and len(number) == 6 and number.isdigit()


def _emotion(path: Path) -> str:
    """Return the label that the folder says, or the one around it; empty if neither does."""
    names = (folder.name.lower() for folder in list(path.parents)[:2])
    return next((EMOTIONS[name] for name in names if name in EMOTIONS), "")


def _split(path: Path) -> str:
    return SPLITS.get(path.parent.name.lower(), "")


def _utterance(path: Path, text: str) -> Utterance:
    speaker = path.stem[:4]
    return Utterance(
        utterance=path.stem,
        path=path,
        speaker=speaker,
        label=_emotion(path),
        split=_split(path),
        extra={
            "text": text,
            "language": "Mandarin" if speaker in _MANDARIN else "English",
            "sex": "male" if speaker in MEN else "female",
        },
    )


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    notes = count_gaps(utterances, FULL, ("speaker",))
    parts: dict[str, set[str]] = {}
    for utterance in utterances:
        parts.setdefault(utterance.speaker, set()).add(utterance.split)
    if any(len(splits - {""}) > 1 for splits in parts.values()):
        notes.append("the official parts share their speakers: no test of new speakers")
    return notes


CORPUS = Corpus(
    "ESD",
    find_esd,
    facts=Facts(
        licence="research only",
        hours=29,
        speakers=20,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="Mandarin, English",
        link="https://github.com/HLTSingapore/Emotional-Speech-Data",
    ),
    gaps=_gaps,
)
