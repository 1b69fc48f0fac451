"""IEMOCAP (Busso et al., 2008, Language Resources and Evaluation 42:335-359).

Labels are lines of `SessionN/dialog/EmoEvaluation/<dialog>.txt`, audio lies in
`SessionN/sentences/wav/<dialog>/<utterance>.wav`.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from featx.data.corpora.files import CorpusError, Found, nothing_found, require_folder
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
    found, notes = _read_evaluations(release)
    utterances = [u for u in found if scenario in ("both", u.extra["scenario"])]
    if not utterances:
        raise nothing_found(release, f"IEMOCAP utterances ({scenario}) with audio", notes)
    if len(utterances) < len(found):
        other = next(name for name in FULL if name != scenario)
        notes.append(f"left out {counted(len(found) - len(utterances), f'{other} utterance')}")
    return Found(utterances, notes + _gaps(utterances, scenario))


def _release(root: Path) -> Path:
    """Return the folder of the sessions: the root or one in it."""
    require_folder(root)
    folders = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    releases = [folder for folder in folders if any(folder.glob(_EVALUATIONS))]
    if not releases:
        raise nothing_found(root, f"IEMOCAP: {_EVALUATIONS}, here or one folder down", [])
    if len(releases) > 1:
        raise CorpusError(f"{root} holds several releases, give one: {listed(releases, 8)}")
    return releases[0]


def _read_evaluations(release: Path) -> tuple[list[Utterance], list[str]]:
    """Return the utterances that have audio, and notes on the others."""
    found: dict[str, Utterance] = {}
    malformed, repeated, silent = [], [], []
    for place, session, line in _label_lines(release):
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
    groups: dict[str, Sequence[object]] = {
        "unreadable label line": malformed,
        "repeated label line": repeated,
        "missing recording": silent,
    }
    notes = [f"left out {counted(len(g), what)}: {listed(g, 3)}" for what, g in groups.items() if g]
    return list(found.values()), notes


def _label_lines(release: Path) -> Iterator[tuple[str, Path, str]]:
    """Yield where each label stands, its session's folder and the line."""
    for file in sorted(release.glob(_EVALUATIONS)):
        if file.name.startswith("."):  # macOS's `._` files
            continue
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            if line.startswith("["):  # the others are the header and single annotators
                yield f"{file.relative_to(release)} line {number}", file.parents[2], line.strip()


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


def _gaps(utterances: list[Utterance], scenario: str) -> list[str]:
    """Return a note if the corpus is not complete."""
    full = sum(count for name, count in FULL.items() if scenario in ("both", name))
    if len(utterances) >= full:
        return []
    sessions = ", ".join(sorted({utterance.session for utterance in utterances}))
    return [f"{len(utterances):,} of {full:,} utterances are here, from session {sessions}"]
