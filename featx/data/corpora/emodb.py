"""EMO-DB, the Berlin Database of Emotional Speech (Burkhardt et al., 2005, Interspeech).

Files are named `03a01Fa.wav`: speaker, text, emotion, version.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import drop_duplicates, find_files, left_out, nothing_found
from featx.data.manifest import Utterance

SEXES = {
    **dict.fromkeys(("03", "10", "11", "12", "15"), "male"),
    **dict.fromkeys(("08", "09", "13", "14", "16"), "female"),
}
EMOTIONS = {  # by the first letter of the German word; named as in the other corpora
    "W": "angry",
    "L": "bored",
    "E": "disgust",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
FULL = 535  # utterances
_NAME = re.compile(rf"({'|'.join(SEXES)})([ab]\d\d)([{''.join(EMOTIONS)}])([a-z])")


def find_emodb(root: Path) -> Found:
    """Find the utterances of EMO-DB.

    Args:
        root: a folder that holds the files, directly or further down, as in `wav/`.

    Returns:
        The utterances by name, with the columns text, version and sex.

    Raises:
        CorpusError: if the folder is missing or holds no such file.
    """
    paths = find_files(root, {".wav", ".flac"})
    named = [path for path in paths if _NAME.fullmatch(path.stem)]
    kept, notes = drop_duplicates(root, named, lambda path: path.stem)
    foreign = [path for path in paths if not _NAME.fullmatch(path.stem)]
    notes += left_out(root, foreign, "not named like 03a01Fa, or not of the ten speakers")
    if not kept:
        raise nothing_found(root, "EMO-DB, WAV or FLAC named like 03a01Fa", notes)
    return Found([_utterance(path) for path in sorted(kept, key=lambda path: path.stem)], notes)


def _utterance(path: Path) -> Utterance:
    speaker, text, emotion, version = path.stem[:2], path.stem[2:5], path.stem[5], path.stem[6]
    return Utterance(
        utterance=path.stem,
        path=path,
        speaker=speaker,
        label=EMOTIONS[emotion],
        extra={"text": text, "version": version, "sex": SEXES[speaker]},
    )


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    here = len(utterances)
    return [f"{here} of {FULL} utterances are here"] if here < FULL else []


CORPUS = Corpus(
    "EMO-DB",
    find_emodb,
    facts=Facts(
        licence="CC0 1.0",
        hours=0.4,
        speakers=10,
        utterances=FULL,
        labels=tuple(EMOTIONS.values()),
        language="German",
        link="http://emodb.bilderbar.info",
    ),
    gaps=_gaps,
)
