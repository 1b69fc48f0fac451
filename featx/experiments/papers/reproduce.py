"""Run what a paper ran, and set its figures beside ours."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from featx.errors import FeatxError
from featx.experiments.papers.cases import reproduce_case
from featx.experiments.papers.corpora import find_corpora
from featx.experiments.papers.paper import AnyRow, Paper, read_paper
from featx.experiments.papers.reproduced import Reproduced
from featx.experiments.papers.text import to_json, to_text, write_tables
from featx.finetuning.training.processes import count_processes
from featx.utils.arguments import as_list
from featx.utils.files import as_paths
from featx.utils.text import nearest

log = logging.getLogger("featx")


@dataclass(frozen=True)
class Reproduction:
    """What came of running a paper's systems.

    Attributes:
        paper: the paper.
        results: each system on each corpus under each variant.
        files: the tables that were written.
    """

    paper: Paper
    results: tuple[Reproduced, ...]
    files: tuple[Path, ...]

    def to_text(self) -> str:
        """Return the tables, and how to get what is missing."""
        return to_text(self.paper, self.results)

    def to_json(self) -> dict[str, Any]:
        """Return what the JSON file holds, and the files."""
        return {**to_json(self.paper, self.results), "files": list(map(str, self.files))}


def reproduce(
    paper: str,
    data: str | Path | Sequence[str | Path],
    *,
    variant: str | Sequence[str] = (),
    row: str | Sequence[str] = (),
    out: str | Path = "reproduced",
) -> Reproduction:
    """Run what a paper ran, as far as features or weights are here, beside its figures.

    Manifests, features and runs go where the other functions put them, and what is there is not
    done again; nothing is downloaded.

    Args:
        paper: the paper's name, such as "pepino2021".
        data: the folder of a corpus, or several.
        variant: names of the paper's settings; all by default.
        row: names of systems, as in the names of their runs; all by default.
        out: the folder for the tables in Markdown, LaTeX and JSON.

    Returns:
        Every system with the paper's figure and ours, or with what it lacks.

    Raises:
        FeatxError: if there is no such paper, variant, row or folder, or if none of the folders
            holds a corpus of the paper.
        Interrupted: on Ctrl-C; the same call goes on from there.

    Example:
        >>> from featx.experiments.papers.reproduce import reproduce
        >>> reproduction = reproduce("pepino2021", "RAVDESS")  # doctest: +SKIP
        >>> print(reproduction.to_text())  # doctest: +SKIP
    """
    published = read_paper(paper)
    cases = run_paper(paper, published, as_paths(data), as_list(variant), as_list(row))
    results = tuple(cases)
    files = write_tables(Path(out), paper, published, results)
    return Reproduction(published, results, tuple(files))


def run_paper(
    name: str,
    paper: Paper,
    roots: Sequence[Path],
    variants: Sequence[str] = (),
    rows: Sequence[str] = (),
) -> Iterator[Reproduced]:
    """Run every system whose features are here or can be made without a download.

    Args:
        name: the paper's name.
        paper: the paper.
        roots: folders with corpora.
        variants: names of the paper's settings; all if empty.
        rows: names of systems; all if empty.

    Yields:
        Each system on each corpus under each variant, as soon as it is known.

    Raises:
        FeatxError: as `reproduce` does.
        Interrupted: on Ctrl-C.
    """
    _check_known("variant", variants, list(paper.variants))
    _check_known("row", rows, [row.name for row in paper.systems])
    wanted = [corpus for corpus in paper.corpora if _rows(paper, corpus, rows)]
    if count_processes() > 1:
        raise FeatxError("torchrun only starts fine-tunings; start this without it.")
    plans = find_corpora(name, paper, wanted, roots)
    for corpus in wanted:
        for row in _rows(paper, corpus, rows):
            for variant in variants or paper.variants:
                case = Reproduced(row, corpus, variant, paper.metric, row.paper.get(corpus))
                planned = plans.get(corpus)
                if planned is None:
                    yield replace(case, missing=("corpus",))
                elif isinstance(planned, str):
                    yield replace(case, failure=planned.splitlines()[0])
                else:
                    yield reproduce_case(paper, case, planned)


def _rows(paper: Paper, corpus: str, rows: Sequence[str]) -> list[AnyRow]:
    return [row for row in paper.on(corpus) if not rows or row.name in rows]


def _check_known(argument: str, wanted: Sequence[str], known: Sequence[str]) -> None:
    """Raise a FeatxError if an argument names what is not known."""
    unknown = [name for name in wanted if name not in known]
    if unknown:
        hint = nearest(unknown[0], known)
        raise FeatxError(f"`{argument}={unknown[0]!r}`: no such {argument}; {hint}")
