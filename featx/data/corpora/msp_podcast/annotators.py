"""What single annotators gave each turn of MSP-Podcast, as its releases write it.

`labels_detailed.json` is `{"FILE.wav": {"WORKER00000001": {"EmoClass_Major": "Happy", ...}}}`;
`labels_detailed.csv` has a row for each annotator with the column EmoClass_Major, or, in releases
1.7 to 1.11, all in a column EmoDetail: `WORKER00000001; Happy; Happy,Excited; A:5; V:6; D:4;`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from featx.data.listing.files import CorpusError
from featx.data.listing.labels.votes import Shares, to_shares
from featx.data.listing.tables.corpus_tables import stem_of, unknown_votes
from featx.utils.csv_files import read_table

WORDS = {
    "neutral": "neutral",
    "angry": "angry",
    "happy": "happy",
    "sad": "sad",
    "surprise": "surprised",
    "fear": "fearful",
    "disgust": "disgust",
    "contempt": "contempt",
    "other": "other",  # with the annotator's own word, as in "Other-annoyed"
}
_Ballot = tuple[str, str, str]  # turn, annotator, word


def read_detailed(folder: Path) -> tuple[dict[str, Shares], list[str]]:
    """Count the annotators' votes for every turn; an annotator has a vote, the first in the file.

    Args:
        folder: where `labels_detailed.json` or `labels_detailed.csv` lies, or neither.

    Returns:
        The shares of the votes by turn, and a note on those that have words nobody knows: their
        votes are left out as a whole.
    """
    votes: dict[str, dict[str, str | None]] = {}
    for turn, annotator, word in _ballots(folder):
        label = WORDS.get(word.split("-")[0].split("(")[0].strip().lower())
        votes.setdefault(stem_of(turn), {}).setdefault(annotator, label)
    unreadable = [turn for turn, given in votes.items() if None in given.values()]
    shares = {
        turn: to_shares(tuple(label for label in given.values() if label is not None))
        for turn, given in votes.items()
        if None not in given.values()
    }
    return shares, unknown_votes(unreadable)


def _ballots(folder: Path) -> Iterator[_Ballot]:
    detailed = {path.name.lower(): path for path in folder.glob("[!.]*")}
    if path := detailed.get("labels_detailed.json"):
        yield from _read_json(path)
    elif path := detailed.get("labels_detailed.csv"):
        yield from _read_csv(path)


def _read_json(path: Path) -> Iterator[_Ballot]:
    try:
        turns = json.loads(path.read_text("utf-8-sig"))
        for turn, annotators in turns.items():
            for annotator, given in annotators.items():
                yield turn, annotator, given["EmoClass_Major"]
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise CorpusError(f"{path}: not as MSP-Podcast writes it ({error!r})") from error


def _read_csv(path: Path) -> Iterator[_Ballot]:
    table = read_table(path, ("FileName",))
    names = {name.lower(): name for name in table.header}
    annotator = next((names[n] for n in ("workers", "workerid", "worker") if n in names), None)
    for line, row in table.rows():
        if "EmoDetail" in row:
            fields = [*(part.strip() for part in row["EmoDetail"].split(";")), ""]
            yield row["FileName"], fields[0], fields[1]
        elif "EmoClass_Major" in row:
            who = row[annotator] if annotator else str(line)
            yield row["FileName"], who, row["EmoClass_Major"]
        else:
            raise CorpusError(f"{path}: has neither EmoClass_Major nor EmoDetail")
