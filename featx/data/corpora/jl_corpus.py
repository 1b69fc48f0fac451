"""JL-Corpus (James et al., 2018, Interspeech, pp. 2768-2772; https://www.kaggle.com/tli725/jl-corpus).

Files are named `male1_angry_10a_1.wav`: speaker, emotion, sentence, repetition. They lie in
`Raw JL corpus (unchecked and unannotated)/JL(wav+txt)/`.
"""

from functools import partial

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import count_gaps

SPEAKERS = ("female1", "female2", "male1", "male2")
KINDS = {
    **dict.fromkeys(("angry", "sad", "neutral", "happy", "excited"), "primary"),
    **dict.fromkeys(
        ("anxious", "apologetic", "assertive", "concerned", "encouraging"), "secondary"
    ),
}
FULL = {f"{speaker} {emotion}": 60 for speaker in SPEAKERS for emotion in KINDS}
NAMING = Naming(
    "JL-Corpus",
    "male1_angry_10a_1",
    r"(?P<speaker>(?:fe)?male\d)_(?P<emotion>[a-z]+)_(?P<sentence>\d+[ab])_(?P<repetition>[12])",
    {
        "speaker": {name: name for name in SPEAKERS},
        "emotion": {emotion: emotion for emotion in KINDS},
    },
    derive=lambda columns: {"sex": columns["speaker"][:-1], "kind": KINDS[columns["emotion"]]},
    remark="there are four speakers: when each is tested in turn, one of the other three validates "
    "and two train",
)

CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="CC0 1.0",
        hours=1.4,
        speakers=4,
        utterances=sum(FULL.values()),
        labels=tuple(KINDS),
        language="English (New Zealand)",
        link="https://www.kaggle.com/tli725/jl-corpus",
    ),
    partial(count_gaps, full=FULL, columns=("speaker", "emotion")),
)
