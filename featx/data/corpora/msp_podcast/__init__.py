"""MSP-Podcast (Lotfian and Busso, 2019, IEEE Trans. Affective Computing 10(4):471-483).

`Labels/labels_consensus.csv` (spelled `labels_concensus.csv` up to release 1.9) has a row for each
speaking turn, whose audio is `Audios/MSP-PODCAST_0001_0008.wav`; the votes of single annotators
are in `labels_detailed.json` or `.csv` beside it, transcripts in `Transcripts/*.txt`. Layout and
columns: the corpus's readme.txt of release 1.12; codes: process.py of Strong-AI-Lab/emotion;
counts: ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html and arXiv 2509.09791.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from featx.data.corpora.msp_podcast.annotators import read_detailed
from featx.data.listing.corpus import Corpus, Facts, Found
from featx.data.listing.files import find_files, nothing_found
from featx.data.listing.labels.votes import add_votes
from featx.data.listing.tables.corpus_tables import (
    missing_files,
    named_files,
    not_listed,
    only_table,
    read_rows,
    read_words,
    stem_of,
)
from featx.data.listing.tables.values import to_number, to_sex, to_speaker, to_split
from featx.data.manifest import Utterance
from featx.utils.text import counted, listed

EMOTIONS = {
    "A": "angry",
    "H": "happy",
    "S": "sad",
    "N": "neutral",
    "U": "surprised",
    "F": "fearful",
    "D": "disgust",
    "C": "contempt",
    "O": "other",
    "X": "undecided",  # no agreement
}
RELEASES = {"1.11": 149_307, "1.12": 203_936, "2.0": 264_705}  # turns whose labels are public
_TABLES = ("labels_consensus", "labels_concensus")
_COLUMNS = ("FileName", "EmoClass", "EmoAct", "EmoVal", "EmoDom", "SpkrID", "Gender", "Split_Set")
_SOUND = {".wav", ".flac"}
_OLD = "Previous_releases_information"  # audio and labels of earlier releases


def find_msp_podcast(root: Path) -> Found:
    """Find the labelled turns of MSP-Podcast that have audio.

    Args:
        root: the folder of Labels and Audios, or one around it.

    Returns:
        The turns in the order of the table. The speaker is empty where it is "Unknown", as that
        is not one person. Test1 to Test3 are the split "test"; the column `partition` keeps which.

    Raises:
        CorpusError: if the folder is missing, or holds no table or no audio of it.
    """
    everything = find_files(root, {".csv", ".wav", ".flac", ".txt"})
    files = [path for path in everything if _OLD not in path.relative_to(root).parts]
    tables = [path for path in files if path.stem.lower() in _TABLES]
    if not tables:
        raise nothing_found(root, "MSP-Podcast: Labels/labels_consensus.csv", [])
    table = only_table(root, tables, "tables of labels")
    rows = read_rows(table, _COLUMNS)
    names = {stem_of(row["FileName"]) for row in rows}
    sounds = [path for path in files if path.suffix.lower() in _SOUND]
    audio, notes = named_files(root, sounds, names)
    known = [row for row in rows if row["EmoClass"] in EMOTIONS]
    said = (path for path in files if path.suffix.lower() == ".txt" and _is_text(path, root))
    texts, copies = named_files(root, said, names)
    utterances = [
        _utterance(row, audio, texts) for row in known if stem_of(row["FileName"]) in audio
    ]
    notes += copies + _notes(rows, known, audio)
    notes += not_listed((path.stem for path in sounds), names)
    if not utterances:
        raise nothing_found(root, f"audio of {table.name}, such as {rows[0]['FileName']}", notes)
    votes, unreadable = read_detailed(table.parent)
    return Found(add_votes(utterances, votes), notes + unreadable)


def _is_text(path: Path, root: Path) -> bool:
    return "Transcripts" in path.relative_to(root).parts


def _utterance(row: dict[str, str], audio: dict[str, Path], texts: dict[str, Path]) -> Utterance:
    name = stem_of(row["FileName"])
    extra = {
        "emotion_code": row["EmoClass"],
        "sex": to_sex(row["Gender"]),
        "partition": row["Split_Set"],
        "activation": to_number(row["EmoAct"]),
        "valence": to_number(row["EmoVal"]),
        "dominance": to_number(row["EmoDom"]),
    }
    if name in texts:
        extra["text"] = read_words(texts[name])
    return Utterance(
        utterance=name,
        path=audio[name],
        speaker=to_speaker(row["SpkrID"]),
        label=EMOTIONS[row["EmoClass"]],
        split=to_split(row["Split_Set"]),
        extra=extra,
    )


def _notes(
    rows: Sequence[dict[str, str]], known: Sequence[dict[str, str]], audio: dict[str, Path]
) -> list[str]:
    codes = sorted({row["EmoClass"] for row in rows} - set(EMOTIONS))
    notes = []
    if codes:
        turns = counted(len(rows) - len(known), "turn")
        notes.append(f"left out {turns} of labels that MSP-Podcast doesn't have: {listed(codes)}")
    unknown = sum(not to_speaker(row["SpkrID"]) for row in known)
    if unknown:
        notes.append(f"the speaker of {counted(unknown, 'turn')} is unknown, so left empty")
    names = [stem_of(row["FileName"]) for row in rows]
    return notes + missing_files([n for n in names if n not in audio])


def _gaps(utterances: Sequence[Utterance]) -> list[str]:
    notes = []
    if len(utterances) not in RELEASES.values():
        releases = ", ".join(f"{release} has {count:,}" for release, count in RELEASES.items())
        notes.append(f"{counted(len(utterances), 'turn')} are here; release {releases}")
    tests = Counter(u.extra.get("partition", "") for u in utterances if u.split == "test")
    if len(tests) > 1:
        notes.append(f"{', '.join(sorted(tests))} share speakers with each other, as published")
    return notes


CORPUS = Corpus(
    "MSP-Podcast",
    find_msp_podcast,
    facts=Facts(
        licence="on request, research only",
        hours=409,
        speakers=None,
        utterances=RELEASES["2.0"],
        labels=tuple(EMOTIONS.values()),
        language="English",
        link="https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html",
    ),
    gaps=_gaps,
)
