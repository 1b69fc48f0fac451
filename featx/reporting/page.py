"""The report: one page that needs nothing but itself, and its tables as text."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from featx import __version__
from featx.errors import FeatxError
from featx.reporting import charts
from featx.reporting.report import Report, gather
from featx.reporting.runs import read_runs
from featx.reporting.sheets import to_latex, to_markdown
from featx.utils.arguments import checked
from featx.utils.files import AnyPath, as_paths, write_text
from featx.utils.text import is_warning

_MARKS = {
    ".html": "<!-- made by featx report -->",
    ".md": "<!-- made by featx report -->",
    ".tex": "% made by featx report",
}


@checked
def report(runs: AnyPath | Sequence[AnyPath], out: str | Path = "report.html") -> list[Path]:
    """Write a page about runs, and the same tables as text beside it.

    Args:
        runs: runs, their folders, CSVs of predictions, or folders of either.
        out: the page, with the ending .html. The tables are written beside it as .md and .tex.

    Returns:
        The files: page, Markdown, LaTeX.

    Raises:
        FeatxError: if a run is not finished, is none, or can't be used, or a file is there that
            is no report. Then nothing is written.

    Example:
        >>> runs = ["runs/manifest-encoder-dense", "runs/manifest-encoder-linear"]
        >>> [path.name for path in featx.report(runs)]
        ['report.html', 'report.md', 'report.tex']
    """
    page = Path(out)
    check_replaceable(page)
    gathered = gather(read_runs(as_paths(runs)), page)
    texts = (
        render(gathered),
        to_markdown(gathered.title, gathered.tables),
        to_latex(gathered.tables),
    )
    marks = _marks(page)
    for (path, mark), text in zip(marks.items(), texts, strict=True):
        write_text(path, f"{mark}\n{text}")
    return list(marks)


def check_replaceable(out: Path) -> None:
    """Check that a report can be written without replacing anything but a report.

    Args:
        out: the page, as for `report`.

    Raises:
        FeatxError: if it has another ending, or a file is there that is no report.
    """
    if out.suffix != ".html":
        raise FeatxError(
            f"`out={out}`: must end in .html; the tables are written beside it as .md and .tex."
        )
    for path, mark in _marks(out).items():
        if path.exists() and not _begins(path, mark):
            raise FeatxError(
                f"{path}: is there and is no report of featx, so it is not replaced. Give the "
                "report another name with `out`, or move that file."
            )


def _marks(out: Path) -> dict[Path, str]:
    """Return the line that each of the files begins with."""
    return {out.with_suffix(ending): mark for ending, mark in _MARKS.items()}


def _begins(path: Path, mark: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(mark)) == mark.encode()


def render(report: Report) -> str:
    """Return the page as HTML, with everything but sounds in it."""
    environment = Environment(
        loader=PackageLoader("featx.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["warning"] = is_warning
    return environment.get_template("page.html").render(
        report=report,
        style=_shipped("page.css"),
        script=_shipped("page.js"),
        charts=charts,
        made=datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"),
        version=__version__,
    )


def _shipped(name: str) -> Markup:
    """Return a file of ours as it is; nothing of a run is in it."""
    return Markup((files("featx.reporting") / "templates" / name).read_text("utf-8"))
