"""CaFE, the Canadian French Emotional speech dataset (Gournay et al., 2018, ACM Multimedia Systems
Conference, pp. 399-402; https://zenodo.org/records/1478765).

Files are named `07-N-1-1.wav`: speaker, emotion, intensity, sentence. Zenodo has them at 48 kHz as
WAV, in folders such as `Colère/Faible/`, and at 192 kHz as AIFF. Odd speakers are men. Ages are
those that EmoBox has (https://github.com/emo-box/EmoBox).
"""

from functools import partial

from featx.data.listing.corpus import Facts
from featx.data.listing.named import LOSSLESS, Naming, named_corpus
from featx.data.listing.published import count_gaps

AGES = dict(
    zip(
        [f"{number:02}" for number in range(1, 13)],
        ["46", "64", "18", "50", "22", "34", "15", "25", "42", "20", "35", "37"],
        strict=True,
    )
)
EMOTIONS = {
    "c": "angry",
    "d": "disgust",
    "j": "happy",
    "n": "neutral",
    "p": "fearful",
    "s": "surprised",
    "t": "sad",
}
FULL = {
    f"{speaker} {emotion}": 6 if emotion == "neutral" else 12
    for speaker in AGES
    for emotion in EMOTIONS.values()
}
NAMING = Naming(
    "CaFE",
    "07-N-1-1",
    r"(?P<speaker>\d\d)-(?P<emotion>[a-z])-(?P<intensity>\d)-(?P<sentence>[1-6])",
    {
        "speaker": {speaker: speaker for speaker in AGES},
        "emotion": EMOTIONS,
        "intensity": {"1": "weak", "2": "strong"},
    },
    derive=lambda columns: {
        "sex": "male" if int(columns["speaker"]) % 2 else "female",
        "age": AGES[columns["speaker"]],
    },
    suffixes=(*LOSSLESS, ".aiff", ".aif"),
)

CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="CC BY-NC-SA 4.0",
        hours=1.2,
        speakers=12,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="French (Canada)",
        link="https://zenodo.org/records/1478765",
    ),
    partial(count_gaps, full=FULL, columns=("speaker", "emotion")),
)
