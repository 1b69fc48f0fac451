"""Parquet: a row for each utterance and layer, whose `features` are a list of frames.

Each frame is a list of numbers: in pandas, `numpy.stack(row.features)` is (frames, dim). Data sets
of the Hub and most databases of vectors keep embeddings as such lists.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featx.errors import FeatxError
from featx.stores.exchange.formats.description import KEY, Description
from featx.stores.exchange.formats.source import Arrays, SourceError
from featx.utils.text import listed

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_BYTES = 64 * 2**20  # of features in a group of rows
IDS = (
    "utterance", "utterance_id", "utt_id", "id", "name", "file", "filename", "file_name", "path",
    "audio_path",
)  # fmt: skip
FEATURES = ("features", "embedding", "embeddings", "hidden_states", "vector")
_TIMES = {"start", "end", "duration"}


def require_pyarrow() -> tuple[Any, Any]:
    """Return pyarrow and its module of Parquet.

    Raises:
        FeatxError: if it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise FeatxError("Parquet needs pyarrow: pip install 'featx[parquet]'.") from error
    return pyarrow, pyarrow.parquet


@contextmanager
def writing_parquet(
    path: Path, description: Description, dim: int, dtype: str
) -> Iterator[Callable[[str, np.ndarray], None]]:
    """Write arrays as rows of one file.

    Args:
        path: the file.
        description: what the arrays are.
        dim: features a frame.
        dtype: "float16" or "float32".
    """
    pa, pq = require_pyarrow()
    number = pa.float16() if dtype == "float16" else pa.float32()
    frames = pa.list_(pa.list_(number, dim))
    schema = pa.schema(
        [("utterance", pa.string()), ("layer", pa.string()), ("features", frames)],
        metadata={KEY: description.to_text()},
    )
    waiting: list[tuple[str, str, np.ndarray]] = []
    words = ["utterance", "layer"]
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=words) as writer:

        def flush() -> None:
            if waiting:
                writer.write_table(_table(waiting, dim, schema))
                waiting.clear()

        def write(utterance: str, features: np.ndarray) -> None:
            layers = features.reshape(len(description.layers), -1, dim)
            waiting.extend(
                (utterance, layer, values)
                for layer, values in zip(description.layers, layers, strict=True)
            )
            if sum(values.nbytes for _, _, values in waiting) >= ROWS_BYTES:
                flush()

        yield write
        flush()


def _table(rows: Sequence[tuple[str, str, np.ndarray]], dim: int, schema: "pa.Schema") -> Any:
    pa, _ = require_pyarrow()
    flat = pa.array(np.concatenate([values.reshape(-1) for _, _, values in rows]))
    ends = np.cumsum([0, *(len(values) for _, _, values in rows)], dtype=np.int32)
    vectors = pa.FixedSizeListArray.from_arrays(flat, dim)
    features = pa.ListArray.from_arrays(pa.array(ends), vectors)
    ids, layers = ([row[place] for row in rows] for place in (0, 1))
    return pa.Table.from_arrays([pa.array(ids), pa.array(layers), features], schema=schema)


@dataclass(frozen=True)
class Parquet:
    """A table of features that others made, or several in a folder."""

    path: Path

    @property
    def description(self) -> Description | None:
        """What the arrays are, if featx exported them."""
        metadata = self._files()[0].schema_arrow.metadata or {}
        return Description.from_text(metadata.get(KEY.encode(), b""))

    def arrays(self) -> Arrays:
        """Yield the name and the array of each utterance, the layers of one stacked."""
        for file in self._files():
            names = file.schema_arrow.names
            id_column = self._choose("ids", [n for n in IDS if n in names], names)
            columns = self._feature_columns(file.schema_arrow)
            layer = ["layer"] if "layer" in names else []
            rows = self._rows(file, id_column, columns, [id_column, *layer, *columns])
            for name, group in groupby(rows, key=lambda row: row[0]):
                yield name, self._joined(name, [array for _, array in group], bool(layer))

    def _joined(self, name: str, parts: Sequence[np.ndarray], by_layer: bool) -> np.ndarray:
        """Return the rows of an utterance, its layers, as an array."""
        if len(parts) == 1:
            return parts[0]
        if not by_layer:
            raise SourceError(
                f"{self.path}: {name!r} has {len(parts)} rows, and no column `layer` tells them "
                "apart."
            )
        if len({part.shape for part in parts}) > 1:
            raise SourceError(f"{self.path}: the layers of {name!r} have several shapes.")
        return np.stack(parts)

    def _files(self) -> list[Any]:
        pa, pq = require_pyarrow()
        paths = sorted(self.path.rglob("*.parquet")) if self.path.is_dir() else [self.path]
        try:
            return [pq.ParquetFile(path) for path in paths]
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"{self.path}: not a Parquet table ({error}).") from error

    def _feature_columns(self, schema: "pa.Schema") -> list[str]:
        pa, _ = require_pyarrow()
        lists = [field.name for field in schema if _is_list(pa, field.type)]
        if lists:
            known = [name for name in FEATURES if name in lists]
            return [self._choose("features", known or lists[:1] * (len(lists) == 1), lists)]
        floats = [
            field.name
            for field in schema
            if pa.types.is_floating(field.type) and field.name.lower() not in _TIMES
        ]
        if not floats:
            raise SourceError(
                f"{self.path}: no column holds features, lists or numbers with a point; there are "
                f"{listed(schema.names, 12)}."
            )
        return floats

    def _choose(self, what: str, found: Sequence[str], names: Sequence[str]) -> str:
        if not found:
            usual = listed(IDS if what == "ids" else FEATURES, 12)
            raise SourceError(
                f"{self.path}: no column of the {what} is known; there are {listed(names, 12)}. "
                f"Name it one of {usual}."
            )
        return found[0]

    def _rows(
        self, file: Any, id_column: str, columns: Sequence[str], wanted: Sequence[str]
    ) -> Iterator[tuple[str, np.ndarray]]:
        pa, _ = require_pyarrow()
        try:
            for batch in file.iter_batches(batch_size=256, columns=list(wanted)):
                names = batch.column(id_column).to_pylist()
                if len(columns) == 1 and _is_list(pa, batch.column(columns[0]).type):
                    values = batch.column(columns[0])
                    arrays = (
                        self._array(name, cell) for name, cell in zip(names, values, strict=True)
                    )
                else:
                    stacked = [batch.column(c).to_numpy(zero_copy_only=False) for c in columns]
                    arrays = (row for row in np.stack(stacked, 1))
                yield from zip(map(str, names), arrays, strict=True)
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"{self.path}: can't be read ({error}).") from error

    def _array(self, name: str, cell: Any) -> np.ndarray:
        """Return a cell of nested lists as an array."""
        if not cell.is_valid:
            raise SourceError(f"{self.path}: {name!r} has no features.")
        pa, _ = require_pyarrow()
        values, shape = cell.values, [len(cell.values)]
        while _is_list(pa, values.type):
            if pa.types.is_fixed_size_list(values.type):
                sizes = {values.type.list_size}
            else:
                sizes = set(values.value_lengths().to_pylist())
            if len(sizes) != 1 or values.null_count:
                raise SourceError(f"{self.path}: the frames of {name!r} are not equally long.")
            shape.append(sizes.pop())
            values = values.flatten()
        return np.asarray(values.to_numpy(zero_copy_only=False)).reshape(shape)


def _is_list(pa: Any, kind: Any) -> bool:
    types = pa.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))
