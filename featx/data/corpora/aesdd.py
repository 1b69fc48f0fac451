"""AESDD, the Acted Emotional Speech Dynamic Database (Vryzas et al., 2018, Journal of the Audio
Engineering Society 66(6):457-467; http://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/).

Files are named `a01 (1).wav`, in a folder for each emotion: emotion, utterance, speaker; further
takes end in a letter, as in `s01 (5)b.wav`. Each speaker has 20 sentences of each emotion. The
corpus grows: version 1 has five actors, the copies that are known have six, in 605 files. None of
them has a sentence of `MISSING`, and `s05 (3).wav` can't be read (lists of Ma et al., 2024,
EmoBox, Interspeech, https://github.com/emo-box/EmoBox).
"""

from collections.abc import Sequence

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import count_gaps, known_faults
from featx.data.manifest import Utterance

SPEAKERS = tuple("123456")
EMOTIONS = {"a": "angry", "d": "disgust", "f": "fearful", "h": "happy", "s": "sad"}
MISSING = ("3 happy", "4 fearful", "5 disgust")  # h11 (3), f02 (4) and d18 (5)
FULL = {
    group: 19 if group in MISSING else 20
    for group in (f"{speaker} {emotion}" for speaker in SPEAKERS for emotion in EMOTIONS.values())
}
FAULTS = {"s05 (3)": "without data in every known copy"}
NAMING = Naming(
    "AESDD",
    "a01 (1)",
    r"(?P<emotion>[a-z])(?P<sentence>\d\d)[ _]?\((?P<speaker>\d+)\)(?P<take>[ab]?)",
    {
        "emotion": EMOTIONS,
        "speaker": {str(n): str(n) for n in range(1, 100)} | {f"0{n}": n for n in SPEAKERS},
    },
)


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    """Count each sentence of the known speakers once, however many takes it has."""
    first = {(u.speaker, u.column("emotion"), u.column("sentence")): u for u in utterances}
    known = [u for (speaker, _, _), u in first.items() if speaker in SPEAKERS]
    return count_gaps(known, FULL, ("speaker", "emotion")) + known_faults(utterances, FAULTS)


CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="not stated",
        hours=0.7,
        speakers=len(SPEAKERS),
        utterances=None,
        labels=tuple(EMOTIONS.values()),
        language="Greek",
        link="http://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/",
    ),
    _gaps,
)
