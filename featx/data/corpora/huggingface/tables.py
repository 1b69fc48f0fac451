"""Hugging Face datasets in tables: what `save_to_disk` wrote, and shards of Parquet or Arrow.

Rows are read as they lie in the files, a few at a time, without the copy that `load_dataset` would
make in a cache.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featx.data.corpora.huggingface.part import Part, Row, is_number
from featx.data.listing.files import CorpusError
from featx.data.listing.tables.values import to_split
from featx.utils.text import listed

if TYPE_CHECKING:
    from datasets import Dataset, Features

_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_BATCH = 32  # rows that are held at once: each can hold minutes of sound


def read_saved(folder: Path) -> list[Part]:
    """Return the parts of what `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote."""
    from datasets import DatasetDict, load_from_disk

    loaded = load_from_disk(str(folder))
    named = dict(loaded) if isinstance(loaded, DatasetDict) else {"": loaded}
    return [_part(name, folder, [dataset]) for name, dataset in named.items()]


def read_shards(folder: Path, shards: Sequence[Path], configuration: str | None) -> list[Part]:
    """Return the parts that lie in shards, which are known by the names of files and folders.

    Args:
        folder: the dataset's.
        shards: its files, of Parquet or Arrow.
        configuration: the folder of a configuration in it, if there are several.

    Raises:
        CorpusError: if there are several configurations and none is chosen, or there is no such.
    """
    groups: dict[str, dict[str, list[Path]]] = {}
    for path in sorted(shards):
        split = _split_name(path)
        inner = [n for n in path.relative_to(folder).parts[:-1] if n not in (split, "data")]
        groups.setdefault("/".join(inner), {}).setdefault(split, []).append(path)
    if configuration is not None and set(groups) == {""}:
        raise CorpusError(f"{folder}: has only one configuration; leave out `table`")
    chosen = configuration if configuration is not None else next(iter(groups))
    if chosen not in groups or (configuration is None and len(groups) > 1):
        raise CorpusError(
            f"{folder}: `table` must name one of its configurations: {listed(sorted(groups), 12)}"
        )
    return [
        _part(split, folder, [_open(path) for path in paths])
        for split, paths in groups[chosen].items()
    ]


def _split_name(path: Path) -> str:
    """Return a shard's split: of `train-00000-of-00002`, `NAME-test`, or `train/0000`."""
    base = _SHARD.sub("", path.stem)
    names = (base, base.rsplit("-")[-1], path.parent.name)
    return next((name for name in names if to_split(name)), "" if base.isdigit() else base)


def _open(path: Path) -> Any:
    """Open a file of Parquet, or map one of Arrow."""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.ParquetFile(path)
    from datasets import Dataset

    return Dataset.from_file(str(path))


def _part(name: str, folder: Path, tables: Sequence[Any]) -> Part:
    from datasets import Dataset, Features

    first = tables[0]
    features = (
        first.features
        if isinstance(first, Dataset)
        else Features.from_arrow_schema(first.schema_arrow)
    )
    kept, audio = _columns(features)
    return Part(
        name,
        folder,
        tuple(kept),
        frozenset(column for column in kept if _is_numeric(features[column])),
        audio,
        sum(len(t) if isinstance(t, Dataset) else t.metadata.num_rows for t in tables),
        partial(_rows, tables, features, kept),
    )


def _columns(features: "Features") -> tuple[list[str], str]:
    """Return the columns of text, numbers and sound, and the first of sound."""
    from datasets import Audio, ClassLabel, Value

    audio = [
        name
        for name, feature in features.items()
        if isinstance(feature, Audio)
        or (isinstance(feature, dict) and {"bytes", "path"} <= set(feature))
    ]
    kept = [n for n, f in features.items() if isinstance(f, ClassLabel | Value) or n in audio]
    return kept, audio[0] if audio else ""


def _is_numeric(feature: Any) -> bool:
    from datasets import ClassLabel, Value

    if isinstance(feature, ClassLabel):
        return all(map(is_number, feature.names))
    return isinstance(feature, Value) and feature.dtype.startswith(("int", "uint", "float"))


def _rows(tables: Sequence[Any], features: "Features", kept: list[str]) -> Iterator[Row]:
    from datasets import ClassLabel

    words = {name: f.names for name, f in features.items() if isinstance(f, ClassLabel)}
    for table in tables:
        for batch in _batches(table, kept):
            for row in batch:
                named = {
                    name: names[row[name]]
                    if (row[name] or 0) >= 0 and row[name] is not None
                    else ""
                    for name, names in words.items()
                }
                yield {**row, **named}


def _batches(table: Any, kept: list[str]) -> Iterator[list[Row]]:
    """Yield rows as they lie in a file, with sound as its path and bytes."""
    if hasattr(table, "iter_batches"):
        for batch in table.iter_batches(_BATCH, columns=kept):
            yield batch.to_pylist()
    else:
        dataset: Dataset = table.select_columns(kept).with_format("arrow")
        for batch in dataset.iter(_BATCH):
            batch.validate(full=True)  # a damaged file of Arrow is mapped without a look
            yield batch.to_pylist()
