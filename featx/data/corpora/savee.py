"""SAVEE, Surrey Audio-Visual Expressed Emotion (Haq and Jackson, 2010, Machine Audition:
Principles, Algorithms and Systems, pp. 398-423;
http://kahlan.eps.surrey.ac.uk/savee/).

Files are named `DC/a01.wav`, in a folder for each of four men, or `DC_a01.wav`, as in Kaggle's
copy: speaker, emotion, sentence.
"""

from functools import partial

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import count_gaps

SPEAKERS = ("DC", "JE", "JK", "KL")
EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}
FULL = {
    f"{speaker} {emotion}": 30 if emotion == "neutral" else 15
    for speaker in SPEAKERS
    for emotion in EMOTIONS.values()
}
NAMING = Naming(
    "SAVEE",
    "DC_a01 or DC/a01",
    rf"(?P<speaker>{'|'.join(SPEAKERS)})_(?P<emotion>{'|'.join(EMOTIONS)})(?P<sentence>\d\d)",
    {"speaker": {name.lower(): name for name in SPEAKERS}, "emotion": EMOTIONS},
    derive=lambda columns: {"sex": "male"},
    name=lambda path: path.stem if "_" in path.stem else f"{path.parent.name}_{path.stem}",
    remark="there are four speakers, all men: when each is tested in turn, one of the other three "
    "validates and two train",
)

CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="on request, research only",
        hours=0.5,
        speakers=4,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="English (Britain)",
        link="http://kahlan.eps.surrey.ac.uk/savee/",
    ),
    partial(count_gaps, full=FULL, columns=("speaker", "emotion")),
)
