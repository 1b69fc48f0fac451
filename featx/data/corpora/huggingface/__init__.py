"""Hugging Face audio datasets (huggingface.co/docs/datasets), on disk or by their id on the Hub.

A dataset that `save_to_disk` wrote, shards of Parquet or Arrow, or audio files with a
metadata.csv or metadata.jsonl. Sound inside a table is unpacked; sound in files is used where it
is. No code of a dataset is run, and the package torchcodec is not needed.
"""

from dataclasses import replace
from pathlib import Path

from featx.data.corpora.huggingface.audiofolder import read_audiofolder
from featx.data.corpora.huggingface.part import TIMES, Part, with_labels
from featx.data.corpora.huggingface.reading import Reading
from featx.data.corpora.huggingface.tables import read_saved, read_shards
from featx.data.listing.corpus import Corpus, Found
from featx.data.listing.files import CorpusError, find_files, nothing_found
from featx.data.listing.tables.columns import SEX, Columns, read_columns, refuse_others
from featx.data.listing.tables.values import to_split
from featx.data.listing.unpack import Unpacked, unpack_sounds
from featx.data.manifest_rows import SPLITS
from featx.errors import FeatxError
from featx.utils.files import portable_name
from featx.utils.text import first_line

_CHOSEN = ("path", "label", "speaker", SEX, "session", "split", "utterance", *TIMES)


def find_huggingface(
    root: Path,
    columns: Columns | None = None,
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
    chosen = read_columns(columns)
    refuse_others(chosen, _CHOSEN, CORPUS.title)
    read, notes = _read_parts(folder, table)
    parts, hidden = with_labels(sorted(read, key=_place), chosen)
    reading = Reading(folder, chosen, several=len(read) > 1)
    packed = (sound for part in parts for sound in reading.read(part))
    total = sum(part.length for part in parts)
    if unpack is None:
        for sound in packed:
            raise CorpusError(
                f"{folder}: holds sound inside its tables, as of {sound.name}; give `unpack`, a "
                "folder for it"
            )
        unpacked = Unpacked()
    else:
        unpacked = unpack_sounds(packed, total, Path(unpack).absolute())
    notes += [*hidden, *reading.notes(), *unpacked.notes()]
    found = [(portable_name(u.utterance), u) for u in reading.utterances]
    utterances = [
        replace(u, path=unpacked.paths.get(name, u.path))
        for name, u in found
        if name not in unpacked.failures
    ]
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


def _read_parts(folder: Path, configuration: str | None) -> tuple[list[Part], list[str]]:
    """Return the parts of a dataset on disk, without reading their sound, and notes."""
    saved = any((folder / name).is_file() for name in ("dataset_dict.json", "state.json"))
    shards = find_files(folder, {".parquet", ".arrow"})
    try:
        if saved:
            return read_saved(folder), []
        if shards:
            return read_shards(folder, shards, configuration), []
    except ImportError as error:
        raise FeatxError(
            "Hugging Face datasets are read with their package: pip install 'featx[datasets]'."
        ) from error
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise CorpusError(f"{folder}: can't be read as a dataset ({first_line(error)})") from error
    parts, notes = read_audiofolder(folder)
    if not parts:
        looked_for = (
            "dataset: what save_to_disk wrote, shards of Parquet or Arrow, or audio files with "
            "metadata.csv (archives must be unpacked)"
        )
        raise nothing_found(folder, looked_for, notes)
    return parts, notes


CORPUS = Corpus(
    "Hugging Face datasets", find_huggingface, ("columns", "unpack", "table"), remote=True
)
