"""SUBESCO, the SUST Bangla Emotional Speech Corpus (Sultana et al., 2021, PLOS ONE 16(4):
e0250173; https://zenodo.org/records/4526477).

Files are named `F_01_OISHI_S_10_ANGRY_1.wav`: sex, number and name of the speaker, sentence,
emotion, take.
"""

from functools import partial

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import count_gaps

EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "sad": "sad",
    "surprise": "surprised",
}
SPEAKERS = tuple(f"{sex}_{number:02}" for sex in "FM" for number in range(1, 11))
FULL = {f"{speaker} {emotion}": 50 for speaker in SPEAKERS for emotion in EMOTIONS.values()}
NAMING = Naming(
    "SUBESCO",
    "F_01_OISHI_S_10_ANGRY_1",
    r"(?P<speaker>[FM]_\d\d)_(?P<actor>[A-Z]+)_S_(?P<sentence>\d+)_(?P<emotion>[A-Z]+)_(?P<take>\d)",
    {"speaker": {name.lower(): name for name in SPEAKERS}, "emotion": EMOTIONS},
    derive=lambda columns: {"sex": "female" if columns["speaker"][0] == "F" else "male"},
)

CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="CC BY 4.0",
        hours=7.7,  # so the paper; the files of audb make 7.8
        speakers=20,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="Bangla",
        link="https://zenodo.org/records/4526477",
    ),
    partial(count_gaps, full=FULL, columns=("speaker", "emotion")),
)
