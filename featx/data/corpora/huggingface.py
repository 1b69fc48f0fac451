"""Hugging Face audio datasets (huggingface.co/docs/datasets), on disk or by their id on the Hub.

A dataset that `save_to_disk` wrote, shards of Parquet or Arrow, or audio files with a
metadata.csv or metadata.jsonl. Sound inside a table is unpacked; sound in files is used where it
is. No code of a dataset is run, and the package torchcodec is not needed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from featx.data.corpora.huggingface_audiofolder import read_audiofolder
from featx.data.corpora.huggingface_part import Part, Row, find_columns
from featx.data.corpora.huggingface_tables import read_saved, read_shards
from featx.data.listing.columns import read_columns
from featx.data.listing.corpus import Corpus, Found
from featx.data.listing.files import CorpusError, find_files, nothing_found
from featx.data.listing.named_files import missing_files
from featx.data.listing.unpack import Packed, unpack_sounds
from featx.data.listing.values import own_columns, to_sex, to_speaker, to_split
from featx.data.manifest import Utterance
from featx.data.manifest_rows import SPLITS, seconds
from featx.errors import FeatxError
from featx.utils.files import portable_name
from featx.utils.text import counted, first_line

_INSIDE = Path()  # the path of an utterance whose sound lies in a table


def find_huggingface(
    root: Path,
    columns: Mapping[str, str] | str | None = None,
    unpack: str | None = None,
    table: str | None = None,
) -> Found:
    """Find the labelled utterances of a Hugging Face audio dataset.

    Args:
        root: its folder, or its id on the Hub, OWNER/NAME.
        columns: the dataset's column for each of the manifest's, where "label", "speaker" and so
            on are named otherwise; its others are kept.
        unpack: the folder for sound that lies in the dataset's tables.
        table: the configuration, if there are several.

    Returns:
        The utterances by split, in the dataset's order, with its other columns of text and
        numbers. Its splits are the manifest's if there are several.

    Raises:
        CorpusError: if there is no such dataset or column, or `unpack` is needed.
        Interrupted: on Ctrl-C while unpacking; the same call goes on from there.
    """
    folder = root if root.is_dir() else _download(root)
    parts = sorted(_read_parts(folder, table), key=_place)
    reading = _Reading(folder, read_columns(columns), several=len(parts) > 1)
    packed = (sound for part in parts for sound in reading.read(part))
    total = sum(part.length for part in parts)
    if unpack is None:
        for sound in packed:
            raise CorpusError(
                f"{folder}: holds sound inside its tables, as of {sound.name}; give `unpack`, a "
                "folder for it"
            )
        paths: dict[str, Path] = {}
        failures: dict[str, str] = {}
    else:
        unpacked = unpack_sounds(packed, total, Path(unpack).absolute())
        paths, failures = unpacked.paths, unpacked.failures
    notes = [*reading.notes(), *(f"left out {name}: {why}" for name, why in failures.items())]
    found = [(portable_name(u.utterance), u) for u in reading.utterances]
    utterances = [replace(u, path=paths.get(n, u.path)) for n, u in found if n not in failures]
    if not utterances:
        raise nothing_found(folder, "labelled utterance with audio", notes)
    return Found(utterances, notes)


def _place(part: Part) -> int:
    split = to_split(part.name)
    return SPLITS.index(split) if split else len(SPLITS)


def _download(root: Path) -> Path:
    """Return the folder of a dataset of the Hub, from its cache where it is there already."""
    name = root.as_posix()
    if root.is_absolute() or name.count("/") != 1:
        raise CorpusError(f"{root}: no such folder, nor an id on the Hub, OWNER/NAME")
    from huggingface_hub import snapshot_download  # slow to import: only where it is needed

    try:
        return Path(snapshot_download(name, repo_type="dataset"))
    except Exception as error:  # offline, gated, no such dataset: the cure is the same
        raise CorpusError(
            f"{name}: no such folder here, and the dataset of that id can't be downloaded "
            f"({first_line(error)}). Where there is a network, hf download --repo-type dataset "
            f"{name} --local-dir FOLDER fetches it; then give FOLDER"
        ) from error


def _read_parts(folder: Path, configuration: str | None) -> list[Part]:
    """Return the parts of a dataset on disk, without reading their sound."""
    saved = any((folder / name).is_file() for name in ("dataset_dict.json", "state.json"))
    shards = find_files(folder, {".parquet", ".arrow"})
    try:
        if saved:
            return read_saved(folder)
        if shards:
            return read_shards(folder, shards, configuration)
    except ImportError as error:
        raise FeatxError(
            "Hugging Face datasets are read with their package: pip install 'featx[datasets]'."
        ) from error
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise CorpusError(f"{folder}: can't be read as a dataset ({first_line(error)})") from error
    parts = read_audiofolder(folder)
    if not parts:
        looked_for = (
            "dataset: what save_to_disk wrote, shards of Parquet or Arrow, or audio files with "
            "metadata.csv (archives must be unpacked)"
        )
        raise nothing_found(folder, looked_for, [])
    return parts


@dataclass
class _Reading:
    """The utterances read so far, and what there is to say about them."""

    folder: Path
    columns: Mapping[str, str]
    several: bool
    utterances: list[Utterance] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unlabelled: int = 0
    ids: set[str] = field(default_factory=set)

    def read(self, part: Part) -> Iterator[Packed]:
        """Read a part, and yield the sound that lies in its tables."""
        names = find_columns(part, self.columns)
        for number, row in enumerate(_whole(part)):
            sound = row.get(names["path"])
            content = sound.get("bytes") if isinstance(sound, dict) else None
            said = (sound.get("path") if isinstance(sound, dict) else sound) or ""
            utterance = self._utterance(part, names, row, self._id(part, names, row, said, number))
            path = self._path(part, said)
            if not utterance.label:
                self.unlabelled += 1
            elif content is not None:
                self.utterances.append(utterance)
                yield Packed(portable_name(utterance.utterance), content)
            elif path is None:
                self.missing.append(said or utterance.utterance)
            else:
                self.utterances.append(replace(utterance, path=path))

    def notes(self) -> list[str]:
        """Return what to say about the dataset."""
        notes = missing_files(self.missing)
        if self.unlabelled:
            notes.append(f"left out {counted(self.unlabelled, 'utterance')} without a label")
        if self.utterances and not any(u.speaker for u in self.utterances):
            notes.append(
                "speakers are unknown; name their column with `columns`, as speaker=COLUMN"
            )
        return notes

    def _id(self, part: Part, names: Mapping[str, str], row: Row, path: str, number: int) -> str:
        stem = _text(row.get(names.get("utterance", ""))) or Path(path.replace("\\", "/")).stem
        name = "/".join(filter(None, (part.name if self.several else "", stem or f"{number:06}")))
        while (file := portable_name(name).lower()) in self.ids:  # some systems know no capitals
            name = f"{name}-{number}"
        self.ids.add(file)
        return name

    def _path(self, part: Part, said: str) -> Path | None:
        text = said.replace("\\", "/")
        places = (base / text for base in (part.folder, self.folder))
        return next((path.absolute() for path in places if text and path.is_file()), None)

    def _utterance(self, part: Part, names: Mapping[str, str], row: Row, name: str) -> Utterance:
        texts = {ours: _text(row.get(theirs)) for ours, theirs in names.items() if ours != "path"}
        used = set(names.values())
        others = {c: _text(row[c]) for c in part.columns if c not in used and c in row}
        split = to_split(texts.pop("split", part.name if self.several else ""))
        partition = {"partition": part.name} if self.several and not split else {}
        start, end = (_time(texts.pop(name, ""), part) for name in ("start", "end"))
        texts.pop("utterance", None)
        return Utterance(
            utterance=name,
            path=_INSIDE,
            speaker=to_speaker(texts.pop("speaker", "")),
            label=texts.pop("label"),
            session=texts.pop("session", ""),
            split=split,
            start=start,
            end=end,
            extra={
                "sex": to_sex(texts.pop("sex", "")),
                **partition,
                **own_columns(others),
                **texts,
            },
        )


def _whole(part: Part) -> Iterator[Row]:
    try:
        yield from part.rows()
    except (OSError, ValueError, LookupError, TypeError) as error:  # damaged files
        raise CorpusError(
            f"{part.folder}: can't be read as a dataset ({first_line(error)})"
        ) from error


def _time(text: str, part: Part) -> float | None:
    try:
        return seconds(text)
    except ValueError:
        raise CorpusError(f"{part.folder}: {text!r} is not a time in seconds") from None


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int | float) else ""


CORPUS = Corpus(
    "Hugging Face datasets", find_huggingface, ("columns", "unpack", "table"), remote=True
)
