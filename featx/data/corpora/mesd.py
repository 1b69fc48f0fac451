"""MESD, the Mexican Emotional Speech Database (Duville et al., 2021, Data 6:130;
https://doi.org/10.17632/cy34mh68j9.5).

Files are named `Happiness_M_B_pelirrojo.wav`: emotion, voice (woman, man or child), set of words,
word. Three women, two men and six children speak; which of them is not in the names.
"""

from functools import partial

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import count_gaps

EMOTIONS = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happiness": "happy",
    "neutral": "neutral",
    "sadness": "sad",
}
FULL = dict.fromkeys(EMOTIONS.values(), 144) | {"angry": 143, "neutral": 143}
NAMING = Naming(
    "MESD",
    "Happiness_M_B_pelirrojo",
    r"(?P<emotion>[A-Z]+)_(?P<voice>[A-Z])_(?P<corpus_words>[AB])_(?P<word>.+)",
    {"emotion": EMOTIONS, "voice": {"f": "woman", "m": "man", "c": "child"}},
    derive=lambda columns: {"sex": {"woman": "female", "man": "male"}.get(columns["voice"], "")},
    remark="the corpus has no speaker ids: no division of it is known to test new speakers",
)

CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="CC BY 4.0",
        hours=0.2,
        speakers=11,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="Spanish (Mexico)",
        link="https://doi.org/10.17632/cy34mh68j9.5",
    ),
    partial(count_gaps, full=FULL, columns=("emotion",)),
)
