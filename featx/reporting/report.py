"""The report: one page that needs nothing but itself, and its tables as text."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from featx.comparison.systems.classes import System
from featx.comparison.systems.labels import LabelSystem
from featx.comparison.systems.numbers import NumberSystem
from featx.comparison.systems.scored import AnySystem
from featx.errors import FeatxError
from featx.reporting.classes.report import gather_classes
from featx.reporting.content import Report
from featx.reporting.frame import render_page
from featx.reporting.labels.report import gather_labels
from featx.reporting.numbers.report import gather_numbers
from featx.reporting.own_files import refuse_foreign
from featx.reporting.runs import read_runs
from featx.reporting.sheets import to_latex, to_markdown
from featx.utils.arguments import checked
from featx.utils.files import AnyPath, as_paths, write_text

_MARKS = {
    ".html": "<!-- made by featx report -->",
    ".md": "<!-- made by featx report -->",
    ".tex": "% made by featx report",
}

_WAYS: Mapping[type[AnySystem], Callable[..., Report]] = {
    System: gather_classes,
    NumberSystem: gather_numbers,
    LabelSystem: gather_labels,
}


@checked
def report(
    runs: AnyPath | Sequence[AnyPath],
    out: str | Path = "report.html",
    *,
    by: str | Sequence[str] = (),
    maps: AnyPath | Sequence[AnyPath] = (),
) -> list[Path]:
    """Write a page about runs, and next to it the same tables as text.

    Args:
        runs: runs, their folders, CSVs of predictions, or folders of either.
        out: the page, with the ending .html. The tables are written next to it as .md and .tex.
        by: columns of the runs' manifests, such as "age", by whose values to score them too.
        maps: maps of features to show too, the folders that `featx.map_features` wrote.

    Returns:
        The files: page, Markdown, LaTeX.

    Raises:
        FeatxError: if a run or map is not finished, is none, or can't be used, or a file is there
            that is no report. Then nothing is written.

    Example:
        >>> runs = ["runs/manifest-encoder-dense", "runs/manifest-encoder-linear"]
        >>> [path.name for path in featx.report(runs)]
        ['report.html', 'report.md', 'report.tex']
    """
    page = Path(out)
    check_replaceable(page)
    read = read_runs(as_paths(runs), by)
    way = _WAYS[type(read[0].system)]  # all are of the same kind
    gathered = way(read, page, as_paths(maps))
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
            f"`out={out}`: must end in .html; the tables are written next to it as .md and .tex."
        )
    for path, mark in _marks(out).items():
        refuse_foreign(path, mark, "report")


def _marks(out: Path) -> dict[Path, str]:
    """Return the line that each of the files begins with."""
    return {out.with_suffix(ending): mark for ending, mark in _MARKS.items()}


def render(report: Report) -> str:
    """Return the page as HTML, with everything but sounds in it."""
    return render_page("page.html", report=report)
