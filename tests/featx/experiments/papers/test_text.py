"""A paper's figures and ours side by side: when they agree, and in which form they are said."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featx.experiments.papers.paper import Paper
from featx.experiments.papers.published import ClassFigures, Published
from featx.experiments.papers.reproduced import Reproduced
from featx.experiments.papers.text import to_json, to_latex, to_markdown, to_text, write_tables
from featx.finetuning.results.course import Course
from featx.scoring.classes.results import Results
from featx.scoring.metrics import Score


def scored(mean: float, std: float, confusion=((9, 1), (2, 8)), seeds: int = 5) -> Results:
    """Return results with a score, and with a confusion that is of no matter to it."""
    score = Score(mean, std, mean - 2, mean + 2)
    return Results(
        title="a run",
        classes=("angry", "calm"),
        scores={"uar": score, "wa": score, "macro_f1": score},
        confusion=np.array(confusion),
        seeds=seeds,
        speakers=12,
        speakers_shared=False,
    )


def known(paper: Paper) -> list[Reproduced]:
    row, other = paper.rows
    printed = Published(mean=57.0, std=2.4, notebook=(57.1, 2.4))
    return [
        Reproduced(row, "ravdess", "slow", "uar", printed, scored(52.8, 1.9)),
        Reproduced(row, "ravdess", "fast", "uar", printed, scored(56.3, 0.1)),
        Reproduced(
            other, "ravdess", "fast", "uar", Published(mean=77.5, std=1.1),
            missing=("wav2vec2-base",),
        ),
    ]  # fmt: skip


def test_means_over_seeds_agree_if_no_further_apart_than_both_deviations(paper):
    slow, fast, missing = known(paper)
    assert (slow.agrees, fast.agrees, missing.agrees) == (True, True, None)  # 4.2 <= 2.4 + 1.9
    assert slow.difference == pytest.approx(-4.2)
    assert math.isnan(missing.difference)
    further = replace(slow, paper=Published(mean=57.2, std=2.4))
    assert further.agrees is False


PRINTED = Published(
    mean=88,
    hits=253,
    classes={
        name: ClassFigures(precision=0.9, recall=0.87, f1=0.88, support=support)
        for name, support in (("angry", 200), ("calm", 88))
    },
    macro_avg=ClassFigures(precision=0.91, recall=0.86, f1=0.89),
    best_step=600,
    time_to_best="16 min 34 s",
    size_on_disk="1.27 GB",
)


@pytest.mark.parametrize(("hits", "agrees"), [(235, False), (236, True), (253, True), (268, False)])
def test_an_accuracy_agrees_if_an_exact_test_finds_no_difference(paper, hits, agrees):
    ours = scored(100 * hits / 288, math.nan, [[hits, 288 - hits], [0, 0]], seeds=1)
    case = Reproduced(paper.rows[0], "ravdess", "slow", "wa", PRINTED, ours)
    assert PRINTED.interval == pytest.approx((83.5, 91.4), abs=0.05)  # R: binom.test(253, 288)
    assert (case.hits, case.tested) == (hits, 288)
    assert case.agrees is agrees


def test_the_tables_say_the_same_in_every_form(paper):
    results = known(paper)
    text, markdown, latex = (
        to_text(paper, results),
        to_markdown(paper, results),
        to_latex(paper, results),
    )
    for table in (text, markdown):
        assert "57.0 ± 2.4 (notebook 57.1 ± 2.4)" in table
        assert "52.8 ± 1.9" in table
        assert "−4.2" in table
        assert "no weights" in table
        assert "hf download facebook/wav2vec2-base" in table
        assert "76.58 % WA, RAVDESS: Luna-Jiménez et al. 2021, speech alone" in table
    assert r"eGeMAPS 50 \% & RAVDESS & slow & 57.0 $\pm$ 2.4 (notebook" in latex
    assert markdown.count("| eGeMAPS 50 % |") == 4  # in both tables, both settings
    rows = to_json(paper, results)["rows"]
    assert rows[0]["ours"] == {"mean": 52.8, "std": 1.9}
    assert rows[2]["ours"] is None
    files = write_tables(Path("tables"), "paper", paper, results)
    assert [file.name for file in files] == ["paper.md", "paper.tex", "paper.json"]
    assert files[0].read_text() == markdown


def test_reports_and_costs_stand_side_by_side(paper):
    course = Course(
        best_step=500, steps=1400, seconds_to_best=100.0, seconds_per_100_steps=20.0,
        seconds=300.0, weight_bytes=380_000_000, device="a card",
        steps_by={"score": 700, "wa": 500, "loss": 400, "parting": 500},
    )  # fmt: skip
    paper = paper.model_copy(
        update={"metric": "wa", "hardware": "Tesla T4", "ours": ("A choice.",)}
    )
    ours = scored(87.5, math.nan, [[180, 20], [16, 72]], seeds=1)
    case = Reproduced(paper.rows[0], "ravdess", "slow", "wa", PRINTED, ours, course)
    text = to_text(paper, [case])
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "angry 200 90 92 87 90 88 91" in lines  # each figure: the paper's, ours
    assert "macro avg 91 85 86 86 89 85" in lines
    assert "eGeMAPS 50 % paper 600 16 min 34 s not known not known 1.27 GB Tesla T4" in lines
    own = "eGeMAPS 50 % slow 500 (highest UAR: 700) 1 min 40 s 20 s 5 min 0 s 380.0 MB a card"
    assert own in lines
    assert "88 (253 of 288; 83.5 to 91.4)" in text
    assert "87.5 (252 of 288; 83.1 to 91.1)" in text
    assert "- A choice." in lines
    row = to_json(paper, [case])["rows"][0]
    assert row["paper"]["classes"]["calm"]["support"] == 88
    assert row["course"]["best_step"] == 500
