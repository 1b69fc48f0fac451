"""The tables of a reproduction: scores, reports by class, and costs."""

import math
from collections.abc import Sequence

from cache import describe_bytes
from featx.experiments.papers.paper import Paper
from featx.experiments.papers.published import ClassFigures, Published
from featx.experiments.papers.reproduced import Reproduced
from featx.runs.cost import describe_seconds
from featx.scoring.classes.results import NAMES, Results
from featx.utils.tables import TextTable
from featx.utils.text import counted, signed

UNKNOWN = "not known"
COMPARED = ("system", "corpus", "settings", "paper", "ours", "difference", "agrees")
COSTS = ("system", "settings", "step", "time to it", "100 steps", "all", "size", "hardware")
FIGURES = ("precision", "recall", "f1")


def make_tables(paper: Paper, results: Sequence[Reproduced]) -> list[TextTable]:
    """Return every table, with its caption."""
    return [
        *_comparisons(paper, results),
        *_reports(results),
        *_costs(paper, results),
    ]


def _comparisons(paper: Paper, results: Sequence[Reproduced]) -> list[TextTable]:
    """Return the scores of each of the paper's tables, and then those in no table."""
    score = f"{NAMES[paper.metric]} in percent, {counted(paper.seeds, 'seed')}"
    groups: dict[str, list[Reproduced]] = {}
    for number in sorted({number for row in paper.systems for number in row.tables}):
        found = [result for result in results if number in result.row.tables]
        groups[f"Table {number}: {score}"] = found
    others = [result for result in results if not result.row.tables]
    groups[f"Others: {score}" if groups else score] = others
    return [
        TextTable(COMPARED, [_compared(paper, result) for result in group], caption)
        for caption, group in groups.items()
        if group
    ]


def _compared(paper: Paper, result: Reproduced) -> list[str]:
    title = paper.corpora[result.corpus].title
    cells = [result.row.system, title, result.variant, _printed(result.paper)]
    if result.ours is None:
        lacks = "no corpus" if "corpus" in result.missing else "no weights"
        return [*cells, "failed" if result.failure else lacks, "", ""]
    difference = "" if math.isnan(result.difference) else signed(result.difference)
    agrees = {True: "yes", False: "no", None: ""}[result.agrees]
    ours = f"{result.ours}{_of(result.hits, result.tested, result.interval)}"
    return [*cells, ours, difference, agrees]


def _printed(paper: Published | None) -> str:
    """Return a paper's figure as it is printed, and what more is known of it."""
    if paper is None:
        return UNKNOWN
    if paper.std is None:
        source = f" ({paper.source})" if paper.source else ""
        return f"{paper.mean:g}{source}{_of(paper.hits, paper.tested, paper.interval)}"
    figure = f"{paper.mean:.1f} ± {paper.std:.1f}"
    if paper.notebook:
        figure += " (notebook {:.1f} ± {:.1f})".format(*paper.notebook)
    return figure


def _of(hits: int | None, tested: int, interval: tuple[float, float] | None) -> str:
    if hits is None or interval is None:
        return ""
    return f" ({hits} of {tested}; {interval[0]:.1f} to {interval[1]:.1f})"


def _reports(results: Sequence[Reproduced]) -> list[TextTable]:
    """Return the report by class of each system whose report the paper prints."""
    tables = []
    for row, corpus in dict.fromkeys((r.row.name, r.corpus) for r in results):
        cases = [r for r in results if (r.row.name, r.corpus) == (row, corpus)]
        if cases[0].paper and cases[0].paper.classes:
            tables.append(_report(cases[0].paper, cases))
    return tables


def _report(paper: Published, cases: Sequence[Reproduced]) -> TextTable:
    """Return precision, recall and F1 of a system, the paper's and then ours."""
    ran = {case.variant: percentages(case.results) for case in cases if case.results}
    sources = {"paper": {name: _shares(line) for name, line in paper.report.items()}, **ran}
    header = [
        f"{figure}, {source}" for figure in ("precision", "recall", "F1") for source in sources
    ]
    rows = [
        [
            name,
            str(line.support or ""),
            *(_cell(lines, name, figure) for figure in FIGURES for lines in sources.values()),
        ]
        for name, line in paper.report.items()
    ]
    row = cases[0].row
    called = f", in the paper {row.printed_as}" if row.printed_as else ""
    caption = f"{row.system}{called}: report by class in percent"
    return TextTable(("class", "utterances", *header), rows, caption)


_Lines = dict[str, dict[str, float]]


def _shares(line: ClassFigures) -> dict[str, float]:
    return {figure: 100 * float(getattr(line, figure)) for figure in FIGURES}


def percentages(results: Results) -> _Lines:
    """Return our report by class with its averages, in percent."""
    return {**results.per_class(), **results.averages()}


def _cell(lines: _Lines, name: str, figure: str) -> str:
    return f"{lines[name][figure]:.0f}" if name in lines else ""


def _costs(paper: Paper, results: Sequence[Reproduced]) -> list[TextTable]:
    """Return steps, times and sizes, the paper's and then ours, if the paper prints any."""
    rows = []
    for row, corpus in dict.fromkeys((r.row.name, r.corpus) for r in results):
        cases = [r for r in results if (r.row.name, r.corpus) == (row, corpus)]
        published = cases[0].paper
        if published and published.best_step:
            rows.append(_published_cost(cases[0].row.system, published, paper.hardware))
            rows += [_own_cost(case) for case in cases if case.course]
    return [TextTable(COSTS, rows, "The reported step, times and sizes")] if rows else []


def _published_cost(system: str, published: Published, hardware: str) -> list[str]:
    times = (published.time_to_best, published.time_per_100_steps, published.total_time)
    cells = (f"{published.best_step:,}", *times, published.size_on_disk)
    return [system, "paper", *(cell or UNKNOWN for cell in cells), hardware]


def _own_cost(case: Reproduced) -> list[str]:
    course = case.course
    assert course is not None, "checked by the caller"
    by_uar = course.steps_by["score"]
    other = f" (highest UAR: {by_uar:,})" if by_uar != course.best_step else ""
    return [
        case.row.system,
        case.variant,
        f"{course.best_step:,}{other}",
        describe_seconds(course.seconds_to_best),
        describe_seconds(course.seconds_per_100_steps),
        describe_seconds(course.seconds),
        describe_bytes(course.weight_bytes),
        course.device,
    ]
