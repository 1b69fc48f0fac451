"""TESS, the Toronto emotional speech set (Pichora-Fuller and Dupuis, 2020,
https://doi.org/10.5683/SP2/E8H2MF; https://tspace.library.utoronto.ca/handle/1807/24487).

Files are named `OAF_back_angry.wav`: an older (OAF, 64 years) or a younger (YAF, 26) woman, the
word after "Say the word", and the emotion, where "ps" is pleasant surprise. Kaggle's copy sorts
them into folders such as `OAF_Fear` and `YAF_pleasant_surprised`, which hold the label, not only
the speaker; and its archive holds all of it once more one folder deeper.
"""

from collections.abc import Sequence

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import count_gaps, known_faults
from featx.data.manifest import Utterance

AGES = {"OAF": "64", "YAF": "26"}
EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprised",
    "sad": "sad",
}
FULL = {f"{speaker} {emotion}": 200 for speaker in AGES for emotion in EMOTIONS.values()}
FAULTS = dict.fromkeys(("YAF_germ_angry", "YAF_neat_fear"), "unreadable in some copies")
NAMING = Naming(
    "TESS",
    "OAF_back_angry",
    r"(?P<speaker>[OY]AF)_(?P<word>[a-z]+)_(?P<emotion>[a-z]+)",
    {"speaker": {name.lower(): name for name in AGES}, "emotion": EMOTIONS},
    derive=lambda columns: {"sex": "female", "age": AGES[columns["speaker"]]},
    corrected={"OA_bite_neutral": "OAF_bite_neutral"},  # in the release itself
    remark="there are two speakers: when each is tested in turn, the other has to both train and "
    "validate, by a share of utterances and `known_validate` in a protocol of your own",
)


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    missing = count_gaps(utterances, FULL, ("speaker", "emotion"))
    return missing + known_faults(utterances, FAULTS)


CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="CC BY-NC-ND 4.0",  # so TSpace; the DOI's entry says CC BY-NC 4.0
        hours=1.6,
        speakers=2,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="English (Canada)",
        link="https://tspace.library.utoronto.ca/handle/1807/24487",
    ),
    _gaps,
)
