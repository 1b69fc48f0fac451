"""An audformat database on disk: its header, its tables, and the values in them.

Pickles beside the tables, which audformat would open first, and Python objects in `db.yaml`, which
it would build, are never read here: both can run code.
"""

import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featx.data.listing.files import CorpusError
from featx.errors import FeatxError
from featx.utils.text import first_line, listed

if TYPE_CHECKING:
    import audformat

_LABELS = ("emotion", "label")
_TABLES = {".csv", ".parquet"}


def load(header: Path) -> "audformat.Database":
    """Load a database from its header and its tables as text, whatever pickles lie beside."""
    try:
        import audformat
        import yaml
    except ImportError as error:
        raise FeatxError(
            "Databases in audformat are read with its package: pip install 'featx[audformat]'."
        ) from error
    tables = [path for path in header.parent.iterdir() if path.suffix in _TABLES]
    try:
        # safe_load refuses Python objects, which audformat would build
        _refuse_pickles(header.parent, yaml.safe_load(header.read_text("utf-8")))
        with tempfile.TemporaryDirectory() as clean:
            for path in (header, *tables):
                if path.stem.partition(".")[0] == "db":
                    (Path(clean) / path.name).symlink_to(path.absolute())
            return audformat.Database.load(clean, load_data=True)
    except CorpusError:
        raise
    except Exception as error:  # what a damaged table or header leads to has no common kind
        raise CorpusError(f"{header}: can't be read ({first_line(error)})") from error


def _refuse_pickles(folder: Path, header: Any) -> None:
    listed_tables = header.get("tables") if isinstance(header, dict) else None
    for name in listed_tables or ():
        files = {path.suffix for path in folder.glob(f"db.{name}.*")}
        if ".pkl" in files and not files & _TABLES:
            raise CorpusError(
                f"{folder}: the table {name} is only there as a pickle, which could run code. If "
                "you trust it, write it as CSV with audformat: "
                "Database.load(FOLDER).save(FOLDER, storage_format='csv')"
            )


def label_column(database: "audformat.Database", name: str | None) -> str:
    """Return the column of the labels, as it was named or else by its usual names.

    Raises:
        CorpusError: if no table has it.
    """
    known = list(dict.fromkeys(c for t in database.tables.values() for c in t.columns))
    found = next((c for c in ([name] if name else _LABELS) if c in known), None)
    if found is None:
        missing = name or " or ".join(_LABELS)
        raise CorpusError(
            f"`columns`: no table has a column {missing}; there are {listed(known, 12)}. Name that "
            "of the labels as label=COLUMN"
        )
    return found


def choose(database: "audformat.Database", label: str, given: str | None) -> list[str]:
    """Return the tables of the labels: those that were given, or else the only one there is.

    Raises:
        CorpusError: if there is no such table, or there are several and none is given.
    """
    having = [name for name, table in database.tables.items() if label in table.columns]
    if given is not None:
        names = [name.strip() for name in given.split(",")]
        unknown = [name for name in names if name not in having]
        if unknown:
            raise CorpusError(
                f"`table={given!r}`: no table {listed(unknown)} with the column {label}; there "
                f"are {listed(having, 12)}"
            )
        return names
    if label in having:
        return [label]
    if len(having) > 1:
        raise CorpusError(
            f"several tables have the column {label}: {listed(having, 12)}. Choose with `table` "
            "one of them, or several set off by commas"
        )
    return having


def require(database: "audformat.Database", names: Collection[str]) -> None:
    """Refuse columns that no table has."""
    known = {column for table in database.tables.values() for column in table.columns}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CorpusError(
            f"`columns`: no table has a column {listed(unknown)}; there are "
            f"{listed(sorted(known), 12)}"
        )


def as_text(value: Any) -> str:
    """Return a value of a table as text; times are seconds, and what is missing is empty."""
    import pandas as pd

    if pd.isna(value):
        return ""
    return str(value.total_seconds()) if isinstance(value, pd.Timedelta) else str(value).strip()
