"""EMO-DB, the Berlin Database of Emotional Speech (Burkhardt et al., 2005, Interspeech;
http://emodb.bilderbar.info).

Files are named `03a01Fa.wav`: speaker, text, emotion, version. Version 2
(https://audeering.github.io/datasets/datasets/emodb.html) also has what listeners took for another
emotion or found unnatural, and in `laryngo/` a laryngogram of the same name for each utterance.
"""

from collections.abc import Sequence

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import count_gaps
from featx.data.manifest import Utterance

SPEAKERS = {
    "03": ("male", "31"),
    "08": ("female", "34"),
    "09": ("female", "21"),
    "10": ("male", "32"),
    "11": ("male", "26"),
    "12": ("male", "30"),
    "13": ("female", "32"),
    "14": ("female", "35"),
    "15": ("male", "25"),
    "16": ("female", "31"),
}
EMOTIONS = {  # by the first letter of the German word; named as in the other corpora
    "w": "angry",
    "l": "bored",
    "e": "disgust",
    "a": "fearful",
    "f": "happy",
    "t": "sad",
    "n": "neutral",
}
FULL = {
    "angry": 127,
    "bored": 81,
    "disgust": 46,
    "fearful": 69,
    "happy": 71,
    "sad": 62,
    "neutral": 79,
}
SECOND = 816  # utterances of version 2
NAMING = Naming(
    "EMO-DB",
    "03a01Fa",
    r"(?P<speaker>\d\d)(?P<text>[ab]\d\d)(?P<emotion>[a-z])(?P<version>[a-z])",
    {"speaker": {name: name for name in SPEAKERS}, "emotion": EMOTIONS},
    derive=lambda columns: dict(zip(("sex", "age"), SPEAKERS[columns["speaker"]], strict=True)),
    apart={"laryngo": "laryngograms"},
)


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    here = len(utterances)
    if here <= sum(FULL.values()):
        return count_gaps(utterances, FULL, ("emotion",))
    if here == SECOND:
        return []
    counts = f"{here} utterances are here: version 1 has {sum(FULL.values())}, version 2 {SECOND}"
    return [counts]


CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="CC0 1.0",  # so audb; Zenodo has version 1 under CC BY 4.0 (records/7447302)
        hours=0.4,
        speakers=10,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="German",
        link="http://emodb.bilderbar.info",
    ),
    _gaps,
)
