"""A table of embeddings in an audformat database (audeering.github.io/audformat).

Its index has the file, start and end of each utterance, or of each frame, and a column for each
feature, as audinterface and opensmile give them.
"""

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from featx.data.corpora.audformat.database import load
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.stores.exchange.formats.description import KEY, Description
from featx.stores.exchange.formats.source import Arrays, SourceError
from featx.utils.text import listed

TABLE = "features"
_SLACK = 1e-6  # seconds, by which times may be off once they were written in nanoseconds


def require_audformat() -> Any:
    """Return the package.

    Raises:
        FeatxError: if it is not installed.
    """
    try:
        import audformat
    except ImportError as error:
        raise FeatxError("audformat is a package: pip install 'featx[audformat]'.") from error
    return audformat


@contextmanager
def writing_audformat(
    folder: Path, description: Description, manifest: Manifest, dim: int
) -> Iterator[Callable[[str, np.ndarray], None]]:
    """Write (frames, dim) arrays as a database with one table, each frame a row.

    Args:
        folder: an empty folder.
        description: what the arrays are.
        manifest: where each utterance lies; files are named relative to it.
        dim: features a frame.
    """
    require_audformat()
    utterances = {utterance.utterance: utterance for utterance in manifest.utterances}
    rows: list[tuple[str, float, float | None]] = []
    values: list[np.ndarray] = []

    def write(utterance: str, features: np.ndarray) -> None:
        matrix = features.reshape(-1, dim)
        rows.extend(_places(utterances[utterance], manifest, len(matrix), description.frame_step))
        values.append(np.array(matrix, np.float32))

    yield write
    _save(folder, description, rows, np.concatenate(values))


def _places(
    utterance: Utterance, manifest: Manifest, frames: int, step: float
) -> list[tuple[str, float, float | None]]:
    """Return the file, beginning and end in seconds of each frame, or of an utterance's vector."""
    folder = manifest.path.parent.resolve()
    path = utterance.path
    file = path.relative_to(folder) if path.is_relative_to(folder) else path
    begin = utterance.start or 0.0
    if not step:
        return [(file.as_posix(), begin, utterance.end)]
    return [(file.as_posix(), begin + n * step, begin + (n + 1) * step) for n in range(frames)]


def _save(
    folder: Path,
    description: Description,
    rows: Sequence[tuple[str, float, float | None]],
    values: np.ndarray,
) -> None:
    audformat = require_audformat()
    import pandas as pd

    files, starts, ends = zip(*rows, strict=True)
    database = audformat.Database("features", meta={KEY: description.to_text()})
    database.schemes["feature"] = audformat.Scheme("float")
    starts, ends = (pd.to_timedelta(times, unit="s") for times in (starts, ends))
    table = audformat.Table(audformat.segmented_index(list(files), starts, ends))
    database[TABLE] = table
    with warnings.catch_warnings():  # audformat adds a column after another
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
        for column in range(values.shape[1]):
            table[str(column)] = audformat.Column(scheme_id="feature")
        table.df.iloc[:, :] = values
        database.save(str(folder), storage_format="parquet")


@dataclass(frozen=True)
class Audformat:
    """The only table with numbers of a database.

    Attributes:
        path: the folder of db.yaml.
        manifest: which part of which file each utterance is.
    """

    path: Path
    manifest: Manifest

    @cached_property
    def _database(self) -> Any:
        return load(self.path / "db.yaml")

    @property
    def description(self) -> Description | None:
        """What the arrays are, if featx exported them."""
        return Description.from_text(str(dict(self._database.meta).get(KEY, "")))

    def arrays(self) -> Arrays:
        """Yield each utterance's id and array; what belongs to none goes by its file's name."""
        frame = self._numbers()
        values = frame.to_numpy(dtype=np.float64).astype(np.float32)
        places = self._places(frame)
        found = _assign(places, self.manifest)
        vectors = self._are_vectors(found)
        for name, rows in found.items():
            ordered = sorted(rows, key=lambda row: places[row][1])
            yield name, values[ordered[0]] if vectors else values[ordered]

    def _are_vectors(self, found: Mapping[str, Sequence[int]]) -> bool:
        known = self.description
        if known is not None:
            return known.frame_step == 0
        return all(len(rows) == 1 for rows in found.values())

    def _numbers(self) -> Any:
        tables = {name: table.df for name, table in self._database.tables.items()}
        floats = {name: df.select_dtypes("floating") for name, df in tables.items()}
        having = [name for name, df in floats.items() if df.shape[1] > 1] or [
            name for name, df in floats.items() if df.shape[1]
        ]
        if TABLE in having:
            having = [TABLE]
        if len(having) != 1:
            raise SourceError(
                f"{self.path}: features are the columns of numbers in a single table; there "
                f"{'is none' if not having else 'are ' + listed(having, 12)}. Keep those of the "
                f"features in a table {TABLE!r}."
            )
        return floats[having[0]]

    def _places(self, frame: Any) -> list[tuple[str, float, float]]:
        """Return the file, beginning and end of each row, in seconds."""
        if frame.index.nlevels == 1:
            return [(str(file), 0.0, np.inf) for file in frame.index]
        return [
            (str(file), start.total_seconds(), np.inf if end != end else end.total_seconds())
            for file, start, end in frame.index
        ]


def _assign(places: Sequence[tuple[str, float, float]], manifest: Manifest) -> dict[str, list[int]]:
    """Return the rows of each utterance, those of no utterance under their file's name."""
    by_stem: dict[str, list[Utterance]] = defaultdict(list)
    for utterance in manifest.utterances:
        by_stem[utterance.path.stem].append(utterance)
    found: dict[str, list[int]] = defaultdict(list)
    for row, (file, begin, end) in enumerate(places):
        tail = Path(file).with_suffix("").parts
        owner = next(
            (
                u.utterance
                for u in by_stem.get(Path(file).stem, ())
                if u.path.with_suffix("").parts[-len(tail) :] == tail and _lies_in(u, begin, end)
            ),
            file,
        )
        found[owner].append(row)
    return found


def _lies_in(utterance: Utterance, begin: float, end: float) -> bool:
    """Tell whether a row begins within an utterance, and is not of a longer stretch around it."""
    first = utterance.start or 0.0
    last = np.inf if utterance.end is None else utterance.end
    whole = abs(begin - first) <= _SLACK and (end == last or abs(end - last) <= _SLACK)
    return bool(whole or (first - _SLACK <= begin < last - _SLACK and end != np.inf))
