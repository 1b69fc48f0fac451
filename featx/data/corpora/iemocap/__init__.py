"""IEMOCAP (Busso et al., 2008, Language Resources and Evaluation 42:335-359).

Labels are lines of `SessionN/dialog/EmoEvaluation/<dialog>.txt`, each followed by what single
annotators said. Audio lies in `SessionN/sentences/wav/<dialog>/<utterance>.wav`.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from featx.data.corpora.iemocap.annotators import Votes, read_votes
from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import CorpusError, nothing_found, require_folder
from featx.data.listing.labels.votes import add_votes
from featx.data.manifest import Utterance
from featx.utils.text import counted, listed

EMOTIONS = {
    "ang": "angry",
    "hap": "happy",
    "exc": "excited",
    "sad": "sad",
    "neu": "neutral",
    "fru": "frustrated",
    "fea": "fearful",
    "sur": "surprised",
    "dis": "disgust",
    "oth": "other",
    "xxx": "undecided",  # no majority among the annotators
}
SCENARIOS = {"impro": "improvised", "script": "scripted"}
FULL = {"improvised": 4_784, "scripted": 5_255}  # utterances
_EVALUATIONS = "Session[1-5]/dialog/EmoEvaluation/*.txt"
_LINE = re.compile(
    r"\[[\d.]+ - [\d.]+\]\t"
    r"(?P<utterance>(?P<dialog>(?P<session>Ses0[1-5])[FM]_(?P<scenario>impro|script)\w*)"
    r"_(?P<speaker>[FM])\d+)\t"
    rf"(?P<code>{'|'.join(EMOTIONS)})\t"
    r"\[(?P<valence>[\d.]+), (?P<activation>[\d.]+), (?P<dominance>[\d.]+)\]"
)


class _Evaluation(NamedTuple):
    """A label line, and what stands between it and the next.

    Attributes:
        place: where the label line stands.
        session: the session's folder.
        line: the label line.
        below: the lines below it, each with the place where it stands.
    """

    place: str
    session: Path
    line: str
    below: list[tuple[str, str]]


def find_iemocap(root: Path, scenario: str = "both") -> Found:
    """Find the labelled utterances of IEMOCAP that have audio.

    Args:
        root: the folder of Session1 to Session5, or the one around it.
        scenario: "improvised", "scripted" or "both".

    Returns:
        The utterances by session and dialog. The speaker is the session with the letter before
        the utterance's number: the one after `Ses01` only names who wears the markers.

    Raises:
        CorpusError: if the folder is missing or holds no such files.
    """
    release = _release(root)
    found, votes, notes = _read_evaluations(release)
    utterances = [u for u in found if scenario in ("both", u.extra["scenario"])]
    if not utterances:
        raise nothing_found(release, f"IEMOCAP utterances ({scenario}) with audio", notes)
    if len(utterances) < len(found):
        other = next(name for name in FULL if name != scenario)
        notes.append(f"left out {counted(len(found) - len(utterances), f'{other} utterance')}")
    notes += _describe_votes(utterances, votes)
    shares = {name: vote.shares for name, vote in votes.items()}
    return Found(add_votes(utterances, shares), notes)


def _release(root: Path) -> Path:
    """Return the folder of the sessions: the root or one in it."""
    require_folder(root)
    folders = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    releases = [folder for folder in folders if any(folder.glob(_EVALUATIONS))]
    if not releases and any(root.glob("dialog/EmoEvaluation/*.txt")):
        raise CorpusError(f"{root} is a session of IEMOCAP; give the folder around {root.name}")
    if not releases:
        raise nothing_found(root, f"IEMOCAP: {_EVALUATIONS}, here or one folder down", [])
    if len(releases) > 1:
        raise CorpusError(f"{root} holds several releases, give one: {listed(releases, 8)}")
    return releases[0]


def _read_evaluations(release: Path) -> tuple[list[Utterance], dict[str, Votes], list[str]]:
    """Return the utterances that have audio, their votes by id, and notes on the others."""
    found: dict[str, Utterance] = {}
    votes: dict[str, Votes] = {}
    malformed, repeated, silent = [], [], []
    for place, session, line, below in _evaluations(release):
        match = _LINE.fullmatch(line)
        utterance = _utterance(session, match) if match else None
        if utterance is None:
            malformed.append(place)
        elif utterance.utterance in found:
            repeated.append(place)
        elif not utterance.path.is_file():
            silent.append(utterance.path.relative_to(release))
        else:
            found[utterance.utterance] = utterance
            votes[utterance.utterance] = read_votes(below)
    groups: dict[str, Sequence[object]] = {
        "unreadable label line": malformed,
        "repeated label line": repeated,
        "missing recording": silent,
    }
    notes = [f"left out {counted(len(g), what)}: {listed(g, 3)}" for what, g in groups.items() if g]
    return list(found.values()), votes, notes


def _evaluations(release: Path) -> Iterator[_Evaluation]:
    for file in sorted(release.glob(_EVALUATIONS)):
        if file.name.startswith("."):  # macOS's `._` files
            continue
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        evaluation = None
        for number, line in enumerate(lines, 1):
            place = f"{file.relative_to(release)} line {number}"
            if line.startswith("["):
                if evaluation:
                    yield evaluation
                evaluation = _Evaluation(place, file.parents[2], line.strip(), [])
            elif evaluation:  # the lines above the first are the header
                evaluation.below.append((place, line))
        if evaluation:
            yield evaluation


def _describe_votes(utterances: Sequence[Utterance], votes: dict[str, Votes]) -> list[str]:
    """Return notes on annotators' lines that are missing or can't be read."""
    notes = []
    here = [votes[u.utterance] for u in utterances]
    unreadable = [place for vote in here for place in vote.unreadable]
    if unreadable:
        lines = counted(len(unreadable), "unreadable line")
        notes.append(f"{lines} of annotators, agreement left empty: {listed(unreadable, 3)}")
    without = [
        u.utterance
        for u, vote in zip(utterances, here, strict=True)
        if not vote.shares and not vote.unreadable
    ]
    if without:
        number = counted(len(without), "utterance")
        notes.append(f"{number} without annotators' lines, agreement left empty: {listed(without)}")
    return notes


def _utterance(session: Path, match: re.Match[str]) -> Utterance:
    parts = match.groupdict()
    measures = {name: parts[name] for name in ("valence", "activation", "dominance")}
    return Utterance(
        utterance=parts["utterance"],
        path=session / "sentences" / "wav" / parts["dialog"] / f"{parts['utterance']}.wav",
        speaker=parts["session"] + parts["speaker"],
        label=EMOTIONS[parts["code"]],
        session=parts["session"][-1],
        extra={
            "emotion_code": parts["code"],
            "sex": "female" if parts["speaker"] == "F" else "male",
            "scenario": SCENARIOS[parts["scenario"]],
            **measures,
        },
    )


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    here = {utterance.extra.get("scenario") for utterance in utterances}
    full = sum(count for name, count in FULL.items() if name in here)
    if len(utterances) >= full:
        return []
    sessions = ", ".join(sorted({utterance.session for utterance in utterances}))
    return [f"{len(utterances):,} of {full:,} utterances are here, from session {sessions}"]


CORPUS = Corpus(
    "IEMOCAP",
    find_iemocap,
    ("scenario",),
    Facts(
        licence="on request, research only",
        hours=12.0,
        speakers=10,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="English",
        link="https://sail.usc.edu/iemocap",
    ),
    _gaps,
)
