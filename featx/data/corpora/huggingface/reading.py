"""What the rows of a Hugging Face dataset say of its utterances."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from featx.data.corpora.huggingface.part import TIMES, Part, Row, choose_columns, is_number
from featx.data.listing.files import CorpusError
from featx.data.listing.tables.corpus_tables import NO_SPEAKERS, missing_files, without_label
from featx.data.listing.tables.values import own_columns, to_sex, to_speaker, to_split
from featx.data.listing.unpack import Packed
from featx.data.manifest import Utterance
from featx.data.manifest_rows import seconds
from featx.data.words import looks_missing
from featx.utils.files import portable_name
from featx.utils.text import first_line, listed

_INSIDE = Path()  # the path of an utterance whose sound lies in a table


@dataclass
class Reading:
    """The utterances of a dataset's parts, as they are read.

    Attributes:
        folder: the dataset's.
        given: its column for each of the manifest's that was named.
        several: whether it has several parts.
        utterances: those read so far; the sound of some is still in a table.
        missing: those whose file is not there.
        unlabelled: what stands in place of a label, for each without one.
        uncut: whether times were left alone because the sound in the table is cut already.
    """

    folder: Path
    given: Mapping[str, str]
    several: bool
    utterances: list[Utterance] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    uncut: bool = False
    _ids: set[str] = field(default_factory=set)

    def read(self, part: Part) -> Iterator[Packed]:
        """Read a part, and yield the sound that lies in its tables."""
        names = choose_columns(part, self.given)
        for number, row in enumerate(_whole(part)):
            sound = row.get(names["path"])
            content = sound.get("bytes") if isinstance(sound, dict) else None
            said = (sound.get("path") if isinstance(sound, dict) else sound) or ""
            used = self._of_whole_files(names) if content is not None else names
            utterance = self._utterance(part, used, row, self._id(part, names, row, said, number))
            path = self._path(part, said)
            if looks_missing(utterance.label):
                self.unlabelled.append(utterance.label)
            elif content is not None:
                self.utterances.append(utterance)
                yield Packed(portable_name(utterance.utterance), content)
            elif path is None:
                self.missing.append(said or utterance.utterance)
            else:
                self.utterances.append(replace(utterance, path=path))

    def notes(self) -> list[str]:
        """Return what to say about the dataset."""
        notes = missing_files(self.missing) + without_label(self.unlabelled)
        if self.utterances and not any(u.speaker for u in self.utterances):
            notes.append(NO_SPEAKERS)
        labels = sorted({utterance.label for utterance in self.utterances})
        if labels and all(map(is_number, labels)):
            notes.append(
                f"all labels are numbers: {listed(labels, 8)}; name the column of their words with "
                f"`columns`, as label=COLUMN, or rename them by `merge`, as {labels[0]}=neutral"
            )
        if self.uncut:
            notes.append(
                "start and end are kept as original_start and original_end: sound inside tables "
                "is taken as cut already; where it isn't, give `columns`, as start=start,end=end"
            )
        return notes

    def _of_whole_files(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return the columns without times that nobody named."""
        guessed = [name for name in TIMES if name in names and name not in self.given]
        self.uncut = self.uncut or bool(guessed)
        return {ours: theirs for ours, theirs in names.items() if ours not in guessed}

    def _id(self, part: Part, names: Mapping[str, str], row: Row, path: str, number: int) -> str:
        stem = _text(row.get(names.get("utterance", ""))) or Path(path.replace("\\", "/")).stem
        name = "/".join(filter(None, (part.name if self.several else "", stem or f"{number:06}")))
        while (file := portable_name(name).lower()) in self._ids:  # some systems know no capitals
            name = f"{name}-{number}"
        self._ids.add(file)
        return name

    def _path(self, part: Part, said: str) -> Path | None:
        text = said.replace("\\", "/")
        places = (base / text for base in (part.folder, self.folder))
        return next((path.absolute() for path in places if text and path.is_file()), None)

    def _utterance(self, part: Part, names: Mapping[str, str], row: Row, name: str) -> Utterance:
        texts = {ours: _text(row.get(theirs)) for ours, theirs in names.items() if ours != "path"}
        used = set(names.values())
        others = {c: _text(row[c]) for c in part.columns if c not in used and c in row}
        own = texts.get("split", "")
        split = to_split(own) or to_split(part.name if self.several else "")
        if own and not to_split(own):
            others["split"] = own
        start, end = (_time(texts.get(name, ""), part) for name in TIMES)
        return Utterance(
            utterance=name,
            path=_INSIDE,
            speaker=to_speaker(texts.get("speaker", "")),
            label=texts["label"],
            session=texts.get("session", ""),
            split=split,
            start=start,
            end=end,
            extra={
                "sex": to_sex(texts.get("sex", "")),
                **({"partition": part.name} if self.several and not split else {}),
                **own_columns(others),
            },
        )


def _whole(part: Part) -> Iterator[Row]:
    try:
        yield from part.rows()
    except (OSError, ValueError, LookupError, TypeError) as error:  # damaged files
        raise CorpusError(f"{part}: can't be read as a dataset ({first_line(error)})") from error


def _time(text: str, part: Part) -> float | None:
    try:
        return seconds(text)
    except ValueError:
        raise CorpusError(f"{part}: {text!r} is not a time in seconds") from None


def _text(value: Any) -> str:
    """Return a value as text; whole numbers that are stored as fractions lose their ".0"."""
    if isinstance(value, float):
        return "" if value != value else str(int(value) if value.is_integer() else value)
    return str(value).strip() if isinstance(value, str | int) else ""
