"""MSP-IMPROV (Busso et al., 2017, IEEE Trans. Affective Computing 8(1):67-80).

`Evaluation.txt` (`Evalution.txt` in some copies) has a line for each turn, with its majority
label, and below it what each annotator said:

    UTD-IMPROV-S01A-F01-P-FM01.avi; N; A:3.2; V:3.0; D:3.1 ; N:4.0;
    ANNOTATOR-1; Neutral; calm,; A:3.0; V:3.0; D:3.0; N:4.0;

Audio lies in `session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav`: sentence 01 with the emotion to
act (A H S N), speaker and session, scenario, and the two actors with the turn's number. Layout and
lines: process.py of Strong-AI-Lab/emotion; the counts of the scenarios: tables 3 and 4 of the
paper. Public readers agree that the second field names the speaker; that P and S are natural
interaction and other improvised turns follows from their counts. Activation is as it is written,
1 for very active to 5 for calm, as a public reader that turns it around says.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import find_files, nothing_found
from featx.data.listing.named_files import by_stem, missing_files, not_listed
from featx.data.listing.values import to_number
from featx.data.listing.votes import Shares, add_votes, to_shares
from featx.data.manifest import Utterance
from featx.utils.text import counted, listed

EMOTIONS = {
    "A": "angry",
    "H": "happy",
    "S": "sad",
    "N": "neutral",
    "O": "other",
    "X": "undecided",  # no majority among the annotators
}
WORDS = {"angry": "angry", "happy": "happy", "sad": "sad", "neutral": "neutral", "other": "other"}
SCENARIOS = {"P": "natural", "S": "improvised", "T": "target-improvised", "R": "target-read"}
FULL = {"natural": 2_785, "improvised": 4_381, "target-improvised": 652, "target-read": 620}
_TABLES = ("evaluation.txt", "evalution.txt")
_NAME = re.compile(r"MSP-IMPROV-S(\d\d)([AHSN])-([FM])(0[1-6])-([PSTR])-[FM]{2}\d+")
_NUMBER = r"\s*(-?[\d.]+|NaN)\s*"
_SCORES = rf"A:{_NUMBER};\s*V:{_NUMBER};\s*D:{_NUMBER};\s*N:{_NUMBER};?\s*"
_TURN = re.compile(rf"UTD-(IMPROV-[\w-]+)\.avi;\s*(\w);\s*{_SCORES}")
_ANNOTATOR = re.compile(rf"([\w-]+)\s*;\s*([A-Za-z]+)\s*;.*;\s*{_SCORES}")
_MEASURES = ("activation", "valence", "dominance", "naturalness")


class _Turn(NamedTuple):
    """A turn's line: its label and means, and the votes below it."""

    code: str
    means: tuple[str, ...]
    votes: dict[str, str]


def find_msp_improv(root: Path) -> Found:
    """Find the labelled turns of MSP-IMPROV that have audio.

    Args:
        root: the folder of Evaluation.txt and the sessions, or one around it.

    Returns:
        The turns by session, sentence and number.

    Raises:
        CorpusError: if the folder is missing, or holds no such table or audio.
    """
    files = find_files(root, {".txt", ".wav", ".flac"})
    tables = [path for path in files if path.name.lower() in _TABLES]
    if not tables:
        raise nothing_found(root, "MSP-IMPROV: Evaluation.txt", [])
    turns, unreadable = _read(tables[0].read_text("utf-8-sig", errors="replace").splitlines())
    sound = [path for path in files if path.suffix.lower() != ".txt"]
    audio = by_stem(path for path in sound if _NAME.fullmatch(path.stem))
    texts = by_stem(path for path in files if _NAME.fullmatch(path.stem) and path not in sound)
    notes = missing_files([name for name in turns if name not in audio])
    notes += not_listed((path.stem for path in sound), turns)
    if unreadable:
        lines = counted(len(unreadable), "unreadable line")
        notes.append(f"left out {lines} of {tables[0].name}: {listed(unreadable)}")
    names = sorted((name for name in turns if name in audio), key=lambda n: (n[17:19], n))
    if not names:
        raise nothing_found(root, "audio named like MSP-IMPROV-S01A-F01-P-FM01.wav", notes)
    utterances = [_utterance(name, turns[name], audio[name], texts.get(name)) for name in names]
    return Found(add_votes(utterances, _shares(turns)), notes)


def _read(lines: Iterable[str]) -> tuple[dict[str, _Turn], list[str]]:
    """Return the turns by name, and the places of lines that can't be read."""
    turns: dict[str, _Turn] = {}
    unreadable = []
    turn: _Turn | None = None
    for number, line in enumerate(map(str.strip, lines), 1):
        found = _TURN.fullmatch(line)
        voted = _ANNOTATOR.fullmatch(line)
        if found and _NAME.fullmatch(f"MSP-{found[1]}") and found[2] in EMOTIONS:
            turn = _Turn(found[2], tuple(map(to_number, found.groups()[2:])), {})
            turns.setdefault(f"MSP-{found[1]}", turn)
        elif voted and turn and voted[2].lower() in WORDS:
            turn.votes.setdefault(voted[1], WORDS[voted[2].lower()])  # some lines stand twice
        elif line.startswith("UTD-"):
            unreadable.append(f"line {number}")
            turn = None
    return turns, unreadable


def _shares(turns: dict[str, _Turn]) -> dict[str, Shares]:
    return {name: to_shares((*turn.votes.values(),)) for name, turn in turns.items() if turn.votes}


def _utterance(name: str, turn: _Turn, path: Path, text: Path | None) -> Utterance:
    fields = _NAME.fullmatch(name)
    assert fields, "names are matched before"
    sentence, acted, sex, session, scenario = fields.groups()
    said = {"text": _words(text)} if text else {}
    return Utterance(
        utterance=name,
        path=path,
        speaker=f"{sex}{session}",
        label=EMOTIONS[turn.code],
        session=session[-1],
        extra={
            "emotion_code": turn.code,
            "sex": "female" if sex == "F" else "male",
            "scenario": SCENARIOS[scenario],
            "sentence": sentence,
            "acted": EMOTIONS[acted],
            **dict(zip(_MEASURES, turn.means, strict=True)),
            **said,
        },
    )


def _words(path: Path) -> str:
    return " ".join(path.read_text("utf-8-sig", errors="replace").split())


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    found = Counter(utterance.extra.get("scenario", "") for utterance in utterances)
    gaps = [f"{name} ({found[name]:,} of {n:,})" for name, n in FULL.items() if found[name] != n]
    if not gaps:
        return []
    whole = f"{len(utterances):,} of {sum(FULL.values()):,} turns are here"
    return [f"{whole}; scenarios that differ: {', '.join(gaps)}"]


CORPUS = Corpus(
    "MSP-IMPROV",
    find_msp_improv,
    facts=Facts(
        licence="on request, research only",
        hours=None,
        speakers=12,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="English",
        link="https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Improv.html",
    ),
    gaps=_gaps,
)
