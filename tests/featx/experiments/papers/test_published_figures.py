"""Every figure that the papers print is in the configs, and in what `featx reproduce` prints."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from featx.experiments.papers.paper import AnyRow, Paper, read_paper
from featx.experiments.papers.reproduced import Reproduced
from featx.experiments.papers.text import to_text
from featx.features.encoders.checkpoints.registry import hub_id

pytestmark = pytest.mark.corpus

PEPINO = {
    "none-egemaps": "eGeMAPS",
    "none-spectrogram": "spectrogram",
    "pt-local": "wav2vec2-PT local encoder",
    "pt-contextual": "wav2vec2-PT contextual encoder",
    "pt-all": "wav2vec2-PT all layers, dense, speaker norm.",
    "ft-local": "wav2vec2-FT local encoder",
    "ft-contextual": "wav2vec2-FT contextual encoder",
    "ft-all": "wav2vec2-FT all layers",
    "dense-speaker": "wav2vec2-PT all layers, dense, speaker norm.",
    "dense-global": "wav2vec2-PT all layers, dense, global norm.",
    "lstm-global": "wav2vec2-PT all layers, LSTM, global norm.",
    "fusion-global": "wav2vec2-PT all layers with eGeMAPS, fusion, global norm.",
}


@pytest.fixture
def facts(request) -> dict[str, Any]:
    """The facts of the paper that a test names."""
    if "FEATX_DATA" not in os.environ:
        pytest.skip("FEATX_DATA is not set")
    folder = Path(os.environ["FEATX_DATA"]).parent / "papers"
    return tomllib.loads((folder / f"{request.param}.toml").read_text("utf-8"))


def printed(paper: Paper) -> list[str]:
    """Return the lines that `featx reproduce` prints where nothing can be run."""
    cases = [
        Reproduced(row, corpus, variant, paper.metric, row.paper.get(corpus), missing=("corpus",))
        for corpus in paper.corpora
        for row in paper.on(corpus)
        for variant in paper.variants
    ]
    return [re.sub(r" +", " ", line).strip() for line in to_text(paper, cases).splitlines()]


def block(lines: list[str], caption: str) -> list[str]:
    """Return the lines of the table below a caption."""
    start = next(index for index, line in enumerate(lines) if line.startswith(caption))
    rest = lines[start + 1 :]
    ends = [index for index, line in enumerate(rest) if not line and index > 1]
    return rest[: ends[1] if rest[0] == "" and len(ends) > 1 else ends[0]]


@pytest.mark.parametrize(
    ("facts", "name"), [("gavali2023",) * 2, ("gavali202x",) * 2], indirect=["facts"]
)
def test_gavali_and_verma(facts, name):
    paper = read_paper(name)
    lines = printed(paper)
    assert len(facts) == len(paper.systems)
    for key, table in facts.items():
        row = find_row(paper, key, table)
        published = row.paper["ravdess"]
        assert published.mean == table["accuracy"]
        classes = {label: dict(line) for label, line in published.classes.items()}
        averages = {"macro_avg": published.macro_avg, "weighted_avg": published.weighted_avg}
        given = classes | {
            label: line.model_dump(exclude_none=True) for label, line in averages.items()
        }
        assert given == table["classes"]
        for figure in ("hits", "best_step", "time_to_best", "time_per_100_steps", "total_time"):
            assert (getattr(published, figure) or None) == table.get(figure)
        assert published.size_on_disk == table.get("size_on_disk", "")

        score = f"{table['accuracy']:g} ({table['hits']} of 288; "
        assert sum(line.startswith(row.system) and score in line for line in lines) == 2
        assert (row.printed_as or row.system) == table.get("title", row.system)
        report = block(
            lines,
            f"{row.system}, in the paper {row.printed_as}"
            if row.printed_as
            else f"{row.system}: report",
        )
        for label, line in table["classes"].items():
            shares = " ".join(
                f"{100 * line[figure]:.0f}" for figure in ("precision", "recall", "f1")
            )
            support = f"{line['support']} " if "support" in line else ""
            assert f"{label.replace('_', ' ')} {support}{shares}" in report
        if "best_step" in table:
            times = [
                table.get(t, "not known")
                for t in ("time_to_best", "time_per_100_steps", "total_time")
            ]
            shown = " ".join([*times, table["size_on_disk"]])
            cost = f"paper {table['best_step']:,} {shown} Tesla T4, A100 40 GB"
            assert f"{row.system} {cost}" in lines
    scores = [line for line in lines if line.endswith("no corpus")]
    assert len(scores) == 2 * len(facts)
    assert not any("not known" in line for line in scores)


def find_row(paper: Paper, key: str, table: dict[str, Any]) -> AnyRow:
    """Return the row of a system or vote, and check what it is made of."""
    if "hub_id" in table:
        (row,) = (row for row in paper.rows if row.model == key)
        assert hub_id(row.model) == table["hub_id"]
        return row
    (vote,) = (
        vote
        for vote in paper.votes
        if vote.system.lower().replace(" ", "-") == key.replace("vote", "vote-of")
    )
    assert (list(vote.members), vote.rule) == (table["members"], table["rule"])
    return vote


@pytest.mark.parametrize("facts", ["pepino2021"], indirect=True)
def test_pepino(facts):
    paper = read_paper("pepino2021")
    lines = printed(paper)
    rows = {row.system: row for row in paper.rows}
    titles = {corpus: entry.title for corpus, entry in paper.corpora.items()}
    for number, table in ((1, facts["table1"]), (2, facts["table2"])):
        shown = block(lines, f"Table {number}:")
        for key, cells in table.items():
            row = rows[PEPINO[key]]
            assert number in row.tables
            for corpus, (mean, std) in cells.items():
                assert (row.paper[corpus].mean, row.paper[corpus].std) == (mean, std)
                for variant in paper.variants:
                    start = f"{row.system} {titles[corpus]} {variant} {mean:.1f} ± {std:.1f}"
                    assert any(line.startswith(start) for line in shown)
    differing = [r for row in paper.rows for r in row.paper.values() if r.notebook]
    assert len(differing) == 6
    for cell in differing:
        assert 0 < abs(cell.mean - cell.notebook[0]) + abs(cell.std - cell.notebook[1]) < 0.11
        note = "(notebook {:.1f} ± {:.1f})".format(*cell.notebook)
        assert any(f"{cell.mean:.1f} ± {cell.std:.1f} {note}" in line for line in lines)
    for work, figure in facts["others"].items():
        system, source = re.fullmatch(r"(.*) \((.*)\)", work).groups()
        assert any(
            line.startswith(f"- {figure:g} % UAR, IEMOCAP: {system};") and source in line
            for line in lines
        )
    others = block(lines, "Others:")
    for corpus, cells in facts["issa"].items():
        mean, std = cells["ours"]
        assert any(f"{mean:.1f} ± {std:.1f}" in line and corpus.upper() in line for line in others)
        start = f"- {cells['issa']:g} % WA, {corpus.upper()}: CNN;"
        assert any(line.startswith(start) and "Issa et al. 2020" in line for line in lines)


@pytest.mark.parametrize("facts", ["wang2021"], indirect=True)
def test_wang(facts):
    paper = read_paper("wang2021")
    lines = printed(paper)
    (best,) = (row for row in paper.rows if (row.model, row.mode) == ("hubert-large", "partial"))
    assert best.paper["dependent"].mean == facts["pf-hbt-large"]["wa"]
    assert (
        f"{best.system} IEMOCAP, random recipe {facts['pf-hbt-large']['wa']:g} no corpus" in lines
    )
    figures = {row.paper[corpus].mean for row in paper.rows for corpus in row.paper}
    for key in (
        "best-speaker-independent",
        "superb-frozen-hubert-large",
        "attention-pooling-baseline",
    ):
        figure = facts[key]["wa"]
        assert figure not in figures
        assert any(line.startswith(f"- {figure:g} % WA, IEMOCAP: ") for line in lines)
