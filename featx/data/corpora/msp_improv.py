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
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import find_files, nothing_found
from featx.data.listing.labels.votes import Shares, add_votes, to_shares
from featx.data.listing.published import count_gaps
from featx.data.listing.tables.corpus_tables import (
    missing_files,
    named_files,
    not_listed,
    only_table,
    read_words,
    unknown_votes,
)
from featx.data.listing.tables.values import to_number
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
_BEGIN = re.compile(r"UTD-(IMPROV-[\w-]+)")
_TURN = re.compile(rf"UTD-(IMPROV-[\w-]+)\.avi;\s*(\w);\s*{_SCORES}")
_ANNOTATOR = re.compile(rf"([\w-]+)\s*;\s*([A-Za-z]+)\s*;.*;\s*{_SCORES}")
_MEASURES = ("activation", "valence", "dominance", "naturalness")


class _Turn(NamedTuple):
    """A turn's line: its label and means, and the votes below it, None in an unknown word."""

    code: str
    means: tuple[str, ...]
    votes: dict[str, str | None]


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
    table = only_table(root, tables, "tables of labels")
    turns, unreadable = _read(table.read_text("utf-8-sig", errors="replace").splitlines())
    sounds = [path for path in files if path.suffix.lower() != ".txt"]
    audio, notes = named_files(root, sounds, turns)
    said = (path for path in files if path.suffix.lower() == ".txt")
    texts, copies = named_files(root, said, turns)
    notes += copies + missing_files([name for name in turns if name not in audio])
    notes += not_listed((path.stem for path in sounds), {*turns, *unreadable.values()})
    if unreadable:
        lines = counted(len(unreadable), "unreadable line")
        notes.append(f"left out {lines} of {table.name}: {listed(list(unreadable))}")
    names = sorted((name for name in turns if name in audio), key=lambda n: (n[17:19], n))
    if not names:
        raise nothing_found(root, "audio named like MSP-IMPROV-S01A-F01-P-FM01.wav", notes)
    utterances = [_utterance(name, turns[name], audio[name], texts.get(name)) for name in names]
    notes += unknown_votes([name for name in names if None in turns[name].votes.values()])
    return Found(add_votes(utterances, _shares(turns)), notes)


def _read(lines: Iterable[str]) -> tuple[dict[str, _Turn], dict[str, str]]:
    """Return the turns by name, and the places of lines that can't be read with their turns."""
    turns: dict[str, _Turn] = {}
    unreadable: dict[str, str] = {}
    turn: _Turn | None = None
    for number, line in enumerate(map(str.strip, lines), 1):
        found = _TURN.fullmatch(line)
        voted = _ANNOTATOR.fullmatch(line)
        if found and _NAME.fullmatch(f"MSP-{found[1]}") and found[2] in EMOTIONS:
            turn = _Turn(found[2], tuple(map(to_number, found.groups()[2:])), {})
            turns.setdefault(f"MSP-{found[1]}", turn)
        elif voted and turn:
            turn.votes.setdefault(voted[1], WORDS.get(voted[2].lower()))  # some lines stand twice
        elif line.startswith("UTD-"):
            begin = _BEGIN.match(line)
            unreadable[f"line {number}"] = f"MSP-{begin[1]}" if begin else ""
            turn = None
    return turns, unreadable


def _shares(turns: dict[str, _Turn]) -> dict[str, Shares]:
    """Return the shares of the votes, where there are some and all are in known words."""
    votes = {name: tuple(filter(None, turn.votes.values())) for name, turn in turns.items()}
    return {
        name: to_shares(given)
        for name, given in votes.items()
        if given and len(given) == len(turns[name].votes)
    }


def _utterance(name: str, turn: _Turn, path: Path, text: Path | None) -> Utterance:
    fields = _NAME.fullmatch(name)
    assert fields, "names are matched before"
    sentence, acted, sex, session, scenario = fields.groups()
    said = {"text": read_words(text)} if text else {}
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
    gaps=partial(count_gaps, full=FULL, columns=("scenario",), noun="turn"),
)
