"""ASVP-ESD (Landry et al., 2020, https://zenodo.org/records/7132783).

Files are named `03-01-06-01-02-12-02-01-01-16.wav`, in a folder for each actor: modality, channel,
emotion, intensity, statement, actor, age, source, language, and fields that `rest` keeps as they
are. A copy on the Hub (EdwardLin2023/ASVP_ESD) begins with the emotion: `08_01_90_00_01_02_02_04`.
Labels are those that most listeners gave. Which language has which number is said in two ways, so
the number is kept. Versions differ in size: counts, speakers and hours are those of the third, as
Ma et al. (2024, EmoBox, Interspeech, https://github.com/emo-box/EmoBox) list it; of its 13,964
files one has the emotion 17, which nothing explains.
"""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import CorpusError
from featx.data.listing.named import Naming, find_named
from featx.data.listing.published import count_gaps

EMOTIONS = {
    "01": "bored",
    "02": "neutral",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
    "09": "excited",
    "10": "pleasure",
    "11": "pain",
    "12": "disappointed",
    "13": "breath",
}
FULL = {
    "bored": 548,
    "neutral": 1_598,
    "happy": 1_868,
    "sad": 2_694,
    "angry": 1_453,
    "fearful": 1_180,
    "disgust": 899,
    "surprised": 1_586,
    "excited": 401,
    "pleasure": 365,
    "pain": 834,
    "disappointed": 365,
    "breath": 172,
}
_AGES = {"01": "over 65", "02": "20 to 64", "03": "under 20", "04": "baby"}
_RAVDESS = re.compile(r"03-0[12]-0[1-8](-0[12]){3}-(0[1-9]|1\d|2[0-4])")
_NEXT = "(?(channel)-|_)"  # between fields: the form without a channel has underscores


def _derive(columns: Mapping[str, str]) -> dict[str, str]:
    return {"sex": "female" if int(columns["speaker"]) % 2 else "male"}


NAMING = Naming(
    "ASVP-ESD",
    "03-01-06-01-02-12-02-01-01-16",
    rf"(?:03-(?P<channel>\d\d)-)?(?P<emotion>\d\d){_NEXT}(?P<intensity>\d\d)"
    rf"{_NEXT}(?P<statement>\d+){_NEXT}(?P<speaker>\d+){_NEXT}(?P<age>\d\d)"
    rf"(?:{_NEXT}(?P<source>\d\d))?(?:{_NEXT}(?P<language>\d\d))?"
    rf"(?:{_NEXT}(?P<rest>\d+(?:{_NEXT}\d+)*))?",
    {
        "channel": {"01": "speech", "02": "non-speech", "": ""},
        "emotion": EMOTIONS,
        "intensity": {"01": "normal", "02": "high"},
        "age": _AGES,
    },
    derive=_derive,
)


def find_asvp_esd(root: Path) -> Found:
    """Find the utterances of ASVP-ESD, as `find_named` does.

    Raises:
        CorpusError: also if all names are RAVDESS's, whose emotions have the same numbers.
    """
    found = find_named(root, NAMING)
    if all(_RAVDESS.fullmatch(utterance.utterance) for utterance in found.utterances):
        raise CorpusError(f"{root}: every file is named as in RAVDESS; list it as ravdess")
    return found


CORPUS = Corpus(
    NAMING.title,
    find_asvp_esd,
    facts=Facts(
        licence="unclear",  # the Hub's copy says CC BY 4.0, lists of corpora "unknown"
        hours=18.0,
        speakers=131,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="Chinese, English, French, Russian and others",
        link="https://zenodo.org/records/7132783",
    ),
    gaps=partial(count_gaps, full=FULL, columns=("emotion",)),
)
