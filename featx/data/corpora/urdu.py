"""The URDU dataset (Latif et al., 2018, Frontiers of Information Technology, pp. 88-93, arXiv
1812.10411; https://github.com/siddiquelatif/URDU-Dataset).

Files are named `SM25_F29_S079.wav`, in a folder for each emotion: sex and number of the speaker,
the speaker's file, emotion with its file. 38 speakers are published; names have 29 (Ma et al.,
2024, EmoBox, Interspeech, https://github.com/emo-box/EmoBox).
"""

from functools import partial

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import count_gaps

EMOTIONS = {"a": "angry", "h": "happy", "n": "neutral", "s": "sad"}
FULL = dict.fromkeys(EMOTIONS.values(), 100)
NAMING = Naming(
    "URDU",
    "SM25_F29_S079",
    r"(?P<speaker>S[FM]\d+)_F(?P<file>\d+)_(?P<emotion>[a-z])(?P<number>\d+)",
    {"emotion": EMOTIONS},
    derive=lambda columns: {
        "speaker": columns["speaker"].upper(),
        "sex": "female" if columns["speaker"][1] in "fF" else "male",
    },
)

CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="research only",
        hours=0.3,
        speakers=38,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="Urdu",
        link="https://github.com/siddiquelatif/URDU-Dataset",
    ),
    partial(count_gaps, full=FULL, columns=("emotion",)),
)
