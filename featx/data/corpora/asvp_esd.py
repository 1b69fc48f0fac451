"""ASVP-ESD (Landry et al., 2020, https://zenodo.org/records/7132783).

Files are named `03-01-06-01-02-12-02-01-01-16.wav`, in a folder for each actor: modality, channel,
emotion, intensity, statement, actor, age, source, language, then what the sound resembles and at
last 77 for a noisy recording or 66 for mixed voices. Labels are those that most listeners gave.
Which language has which number is said in two ways, so the number is kept. Versions differ in
size; speakers and hours are those that Ma et al. (2024, EmoBox, Interspeech) count.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.manifest import Utterance
from featx.utils.text import counted

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
_AGES = {"01": "over 65", "02": "20 to 64", "03": "under 20", "04": "baby"}
_QUALITIES = {"77": "noisy", "66": "mixed voices"}


def _derive(columns: Mapping[str, str]) -> dict[str, str]:
    return {
        "sex": "female" if int(columns["speaker"]) % 2 else "male",
        "age": _AGES.get(columns["age"], columns["age"]),
        "quality": _QUALITIES.get(columns["similarity"].rpartition("-")[2], ""),
    }


NAMING = Naming(
    "ASVP-ESD",
    "03-01-06-01-02-12-02-01-01-16",
    r"03-(?P<channel>\d\d)-(?P<emotion>\d\d)-(?P<intensity>\d\d)-(?P<statement>\d+)"
    r"-(?P<speaker>\d+)-(?P<age>\d\d)(?:-(?P<source>\d\d))?(?:-(?P<language>\d\d))?"
    r"(?:-(?P<similarity>\d+(?:-\d+)*))?",
    {
        "channel": {"01": "speech", "02": "non-speech"},
        "emotion": EMOTIONS,
        "intensity": {"01": "normal", "02": "high"},
    },
    derive=_derive,
)


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    """Count what the corpus itself marks as poor; how many utterances it has is not fixed."""
    marked = Counter(u.column("quality") for u in utterances if u.column("quality"))
    return [
        f"{counted(number, 'utterance')} marked as {quality} in the column quality"
        for quality, number in sorted(marked.items())
    ]


CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="not stated",
        hours=18.0,
        speakers=131,
        utterances=None,
        labels=tuple(EMOTIONS.values()),
        language="Chinese, English, French, Russian and others",
        link="https://zenodo.org/records/7132783",
    ),
    _gaps,
)
