"""emoUERJ (Bastos Germano et al., 2021, https://zenodo.org/records/5427549;
https://audeering.github.io/datasets/datasets/emouerj.html).

Files are named `m03s08.wav`: sex and number of the speaker, emotion, take. In capitals they would
be those of ShEMO.
"""

from functools import partial

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import total_gaps

SPEAKERS = tuple(f"{sex}0{number}" for sex in "mw" for number in range(1, 5))
EMOTIONS = {"a": "angry", "h": "happy", "n": "neutral", "s": "sad"}
FULL = 377  # utterances
NAMING = Naming(
    "emoUERJ",
    "m03s08",
    r"(?P<speaker>(?-i:[mw])\d\d)(?P<emotion>[a-z])(?P<take>\d\d)",
    {"speaker": {name: name for name in SPEAKERS}, "emotion": EMOTIONS},
    derive=lambda columns: {"sex": "male" if columns["speaker"][0] == "m" else "female"},
)

CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="CC BY 4.0",
        hours=0.3,
        speakers=len(SPEAKERS),
        utterances=FULL,
        labels=tuple(EMOTIONS.values()),
        language="Portuguese (Brazil)",
        link="https://zenodo.org/records/5427549",
    ),
    partial(total_gaps, full=FULL),
)
