"""The report: one page that needs nothing but itself, and its tables as text."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from featx import __version__
from featx.errors import FeatxError
from featx.files import write_text
from featx.reporting import charts
from featx.reporting.gathering import Report, gather
from featx.reporting.result_sheets import is_warning
from featx.reporting.runs import read_runs
from featx.reporting.text import to_latex, to_markdown


def write_report(runs: Sequence[Path], out: Path) -> list[Path]:
    """Write a page about runs, and the same tables beside it.

    Args:
        runs: run folders, prediction files, or folders of either.
        out: the page, with the ending .html; .md and .tex are put beside it.

    Returns:
        The files: page, Markdown, LaTeX.

    Raises:
        FeatxError: if a run is not finished, is none, or can't be used.
    """
    if out.suffix != ".html":
        raise FeatxError(f"--out {out}: must end in .html; .md and .tex are written beside it.")
    report = gather(read_runs(runs), out)
    texts = {
        out: render(report),
        out.with_suffix(".md"): to_markdown(report.title, report.tables),
        out.with_suffix(".tex"): to_latex(report.tables),
    }
    for path, text in texts.items():
        write_text(path, text)
    return list(texts)


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
        sections={section.heading: section for section in report.tables},
        style=_shipped("page.css"),
        script=_shipped("page.js"),
        charts=charts,
        made=datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"),
        version=__version__,
    )


def _shipped(name: str) -> Markup:
    """Return a file of ours as it is; nothing of a run is in it."""
    return Markup((files("featx.reporting") / "templates" / name).read_text("utf-8"))
