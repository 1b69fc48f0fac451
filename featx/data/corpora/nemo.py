"""nEMO (Christop, 2024, LREC-COLING, https://aclanthology.org/2024.lrec-main.1059;
https://github.com/amu-cai/nEMO).

Files are named `KS0_surprised_26.wav`: speaker, emotion, sentence. Sexes and ages are those of the
repository's `data.tsv`, counts those that its makers give of it in CAMEO
(https://huggingface.co/datasets/amu-cai/CAMEO).
"""

from functools import partial

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import count_gaps

SPEAKERS = {
    "EB0": ("female", "27"),
    "IC0": ("female", "28"),
    "KD0": ("female", "28"),
    "KS0": ("male", "23"),
    "MK0": ("female", "23"),
    "MP0": ("male", "24"),
    "SM0": ("male", "24"),
    "TP0": ("male", "26"),
    "WR0": ("male", "23"),
}
EMOTIONS = {
    "anger": "angry",
    "fear": "fearful",
    "happiness": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprised": "surprised",
}
FULL = {
    "angry": 749,
    "fearful": 736,
    "happy": 749,
    "neutral": 809,
    "sad": 769,
    "surprised": 669,
}
NAMING = Naming(
    "nEMO",
    "KS0_surprised_26",
    r"(?P<speaker>[A-Z]{2}\d)_(?P<emotion>[a-z]+)_(?P<sentence>\d+)",
    {"speaker": {name.lower(): name for name in SPEAKERS}, "emotion": EMOTIONS},
    derive=lambda columns: dict(zip(("sex", "age"), SPEAKERS[columns["speaker"]], strict=True)),
)

CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="CC BY-NC-SA 4.0",
        hours=3.1,
        speakers=9,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="Polish",
        link="https://github.com/amu-cai/nEMO",
    ),
    partial(count_gaps, full=FULL, columns=("emotion",)),
)
