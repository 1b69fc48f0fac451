"""ShEMO, the Sharif Emotional Speech Database (Mohamad Nezami et al., 2019, Language Resources and
Evaluation 53:1-16; https://github.com/mansourehk/ShEMO).

Files are named `M15A04.wav`: sex and number of the speaker, emotion, number. The label is that of
the name. Transcripts and `shemo.json` name 162 utterances otherwise, as if with other labels
(issue 2 of the repository). Names that begin in lower case are emoUERJ's.
"""

from collections.abc import Sequence

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import total_gaps
from featx.data.manifest import Utterance

EMOTIONS = {
    "a": "angry",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "s": "sad",
    "w": "surprised",
}
FULL = 3_000  # utterances
FEW = 50  # utterances of a label: too few to test it by speaker
NAMING = Naming(
    "ShEMO",
    "M15A04",
    r"(?P<speaker>(?-i:[FM])\d\d)(?P<emotion>[a-z])(?P<number>\d{2,3})",
    {"emotion": EMOTIONS},
    derive=lambda columns: {"sex": "female" if columns["speaker"][0] == "F" else "male"},
)


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    afraid = sum(u.column("emotion") == "fearful" for u in utterances)
    few = [f"only {afraid} utterances are fearful; studies often leave them out"]
    return total_gaps(utterances, FULL) + (few if 0 < afraid < FEW else [])


CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="academic use",
        hours=3.4,
        speakers=87,
        utterances=FULL,
        labels=tuple(EMOTIONS.values()),
        language="Persian",
        link="https://github.com/mansourehk/ShEMO",
    ),
    _gaps,
)
