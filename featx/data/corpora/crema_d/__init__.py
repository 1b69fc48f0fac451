"""CREMA-D (Cao et al., 2014, IEEE Transactions on Affective Computing 5(4):377-390;
https://github.com/CheyneyComputerScience/CREMA-D, `docs/README.md`).

Files are named `1001_DFA_ANG_XX.wav`: actor, sentence, emotion, level. The emotion is the acted
one. What raters perceived is in `processedResults/summaryTable.csv`, which copies such as Kaggle's
lack, and who the actors are in `VideoDemographics.csv`. `AudioMP3/` is what raters heard, and not
listed. Faults are those of the repository's issues 6 and 8: some are of what raters saw and heard,
so that votes are to be doubted, not the WAV file.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from featx.data.choices import LabelSource
from featx.data.corpora.crema_d.tables import TIE, read_tables
from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import CorpusError
from featx.data.listing.named import Naming, find_named
from featx.data.listing.published import count_gaps, known_faults
from featx.data.manifest import Utterance
from featx.utils.text import counted, listed

ACTORS = tuple(str(number) for number in range(1001, 1092))
WOMEN = (
    1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025,
    1028, 1029, 1030, 1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060,
    1061, 1063, 1072, 1073, 1074, 1075, 1076, 1078, 1079, 1082, 1084, 1089, 1091,
)  # fmt: skip
SENTENCES = {
    "dfa": "Don't forget a jacket",
    "ieo": "It's eleven o'clock",
    "iom": "I'm on my way to the meeting",
    "ith": "I think I have a doctor's appointment",
    "its": "I think I've seen this before",
    "iwl": "I would like a new alarm clock",
    "iww": "I wonder what this is about",
    "mti": "Maybe tomorrow it will be cold",
    "tai": "The airplane is almost full",
    "tie": "That is exactly what happened",
    "tsi": "The surface is slick",
    "wsi": "We'll stop in a couple of minutes",
}
EMOTIONS = {
    "ang": "angry",
    "dis": "disgust",
    "fea": "fearful",
    "hap": "happy",
    "neu": "neutral",
    "sad": "sad",
}
FULL = {emotion: 1_087 if emotion == "neutral" else 1_271 for emotion in EMOTIONS.values()}
FAULTS = {
    "1064_IEO_DIS_MD": "raters had a minute with several emotions",
    "1064_TIE_SAD_XX": "raters had an empty file",
    "1076_MTI_NEU_XX": "nearly empty",
    "1076_MTI_SAD_XX": "silent",
}
NAMING = Naming(
    "CREMA-D",
    "1001_DFA_ANG_XX",
    r"(?P<speaker>\d{4})_(?P<sentence>[A-Z]{3})_(?P<emotion>[A-Z]{3})_(?P<level>[A-Z]{2})",
    {
        "speaker": {actor: actor for actor in ACTORS},
        "sentence": SENTENCES,
        "emotion": EMOTIONS,
        "level": {"lo": "low", "md": "medium", "hi": "high", "xx": "unspecified"},
    },
    derive=lambda columns: {"sex": "female" if int(columns["speaker"]) in WOMEN else "male"},
    corrected={"1040_ITH_SAD_X": "1040_ITH_SAD_XX"},
)
VOTES: dict[LabelSource, str] = {"voice": "voice_vote", "audiovisual": "multimodal_vote"}


def find_crema_d(root: Path, label_source: LabelSource = "acted") -> Found:
    """Find the utterances of CREMA-D.

    Args:
        root: the folder of the repository, or one that holds the files in any folders.
        label_source: the label: the emotion that was "acted", or the one that most raters perceived
            in the "voice", or in sound and picture ("audiovisual").

    Returns:
        The utterances by actor, with what the two tables say where they are. `emotion` is the acted
        one whatever the label is. Where raters are tied, a vote names all, as in "angry+disgust".

    Raises:
        CorpusError: if the folder is missing or holds no such file, if files of equal name differ,
            or if the votes that are asked for are missing.
    """
    found = find_named(root, NAMING)
    people, votes = read_tables(root)
    if not votes and label_source in VOTES:
        raise CorpusError(
            f"`label_source={label_source}`: needs processedResults/summaryTable.csv, which is "
            f"neither in {root} nor next to it. {CORPUS.facts and CORPUS.facts.link} has it."
        )
    utterances = [
        replace(u, extra={**u.extra, **people.get(u.speaker, {}), **votes.get(u.utterance, {})})
        for u in found.utterances
    ]
    if label_source not in VOTES:
        return Found(utterances, found.notes)
    chosen = _label_by(utterances, VOTES[label_source])
    return Found(chosen.utterances, found.notes + chosen.notes)


def _label_by(utterances: Sequence[Utterance], column: str) -> Found:
    """Label utterances as most raters did; leave out those without such a label."""
    voted = [u for u in utterances if u.column(column)]
    tied = [f"{u.utterance} ({u.column(column)})" for u in voted if TIE in u.column(column)]
    without = [u.utterance for u in utterances if not u.column(column)]
    groups = {f"with a tied {column}": tied, f"without a {column}": without}
    notes = [
        f"left out {counted(len(names), 'utterance')} {what}: {listed(names)}"
        for what, names in groups.items()
        if names
    ]
    clear = [u for u in voted if TIE not in u.column(column)]
    return Found([replace(u, label=u.column(column)) for u in clear], notes)


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    return count_gaps(utterances, FULL, ("emotion",)) + known_faults(utterances, FAULTS)


CORPUS = Corpus(
    "CREMA-D",
    find_crema_d,
    ("label_source",),
    Facts(
        licence="ODbL 1.0",
        hours=5.3,
        speakers=len(ACTORS),
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="English (United States)",
        link="https://github.com/CheyneyComputerScience/CREMA-D",
    ),
    _gaps,
)
