"""A paper's rows run as far as they can, beside its figures; what is missing is named."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featx.demo.corpus import write_corpus as write_demo_corpus
from featx.errors import FeatxError
from featx.experiments.papers.paper import Paper
from featx.experiments.papers.published import ClassFigures, Published
from featx.experiments.papers.reproduce import reproduce, run_paper
from featx.experiments.papers.reproduced import Reproduced, fetch_commands
from featx.experiments.papers.text import to_json, to_latex, to_markdown, to_text, write_tables
from featx.finetuning.results.course import Course
from featx.scoring.classes.results import Results
from featx.scoring.metrics import Score

PROTOCOL = """
title = "three speakers"
corpus = "ravdess"
[division]
kind = "leave-one-out"
by = "speaker"
"""


@pytest.fixture
def paper(kept, workplace) -> Paper:
    """Three systems on a small corpus laid out as RAVDESS is, and one corpus that is not here."""
    if not (kept / "spoken").exists():  # half a second
        write_demo_corpus(kept / "spoken", speakers=3)
    shutil.copytree(kept / "spoken", workplace / "RAVDESS")
    Path("three.toml").write_text(PROTOCOL)
    corpus = {"seconds": 5.0, "max_seconds": 1.0}  # shorter than most
    return Paper.model_validate(
        {
            "title": "A paper",
            "seeds": 2,
            "changes": ["training.epochs=2"],
            "variants": {"slow": {"settings": ["training.learning_rate=1e-4"]}, "fast": {}},
            "corpora": {
                "ravdess": {
                    "title": "RAVDESS", "options": {"channel": "speech"},
                    "protocol": "three.toml", **corpus,
                },
                "iemocap": {
                    "title": "IEMOCAP", "options": {}, "protocol": "iemocap-loso", **corpus,
                },
            },
            "rows": [
                {
                    "tables": [1, 2], "system": "eGeMAPS 50 %", "models": ["egemaps"],
                    "head": "dense", "normalize": "speaker",
                    "paper": {
                        "ravdess": {"mean": 12.5, "std": 1.0},
                        "iemocap": {"mean": 50.0, "std": 1.0, "notebook": [50.1, 1.0]},
                    },
                },
                {
                    "tables": [2], "system": "both", "models": ["wav2vec2-base", "egemaps"],
                    "head": "fusion", "normalize": "global",
                    "paper": {
                        "ravdess": {"mean": 80.0, "std": 1.0},
                        "iemocap": {"mean": 60.0, "std": 1.0},
                    },
                },
            ],
        }
    )  # fmt: skip


def run(paper: Paper, **options) -> list[Reproduced]:
    return list(run_paper("paper", paper, [Path("RAVDESS")], **options))


def test_rows_run_where_features_can_be_had_and_the_others_are_named(paper):
    results = run(paper)
    assert len(results) == 2 * 2 * 2  # systems, corpora, settings
    done = [result for result in results if result.ours]
    assert [(r.row.system, r.corpus, r.variant) for r in done] == [
        ("eGeMAPS 50 %", "ravdess", "slow"), ("eGeMAPS 50 %", "ravdess", "fast"),
    ]  # fmt: skip
    metrics = Path("runs/paper-ravdess-egemaps-50-fast/metrics.json")
    assert done[1].ours.mean == json.loads(metrics.read_text())["uar"]["mean"]
    config = Path("runs/paper-ravdess-egemaps-50-slow/config.toml").read_text()
    assert "learning_rate = 0.0001" in config
    assert "epochs = 2" in config
    missing = {(r.row.system, r.corpus): r.missing for r in results if not r.ours}
    assert missing == {
        ("both", "ravdess"): ("wav2vec2-base",),
        ("eGeMAPS 50 %", "iemocap"): ("corpus",),
        ("both", "iemocap"): ("corpus",),
    }
    assert fetch_commands(results) == ["hf download facebook/wav2vec2-base"]


def test_nothing_is_done_twice(paper):
    def stamps() -> dict[Path, int]:
        files = [file for name in ("runs", "features") for file in Path(name).rglob("*.*")]
        return {file: file.stat().st_mtime_ns for file in files if file.name != ".used"}

    first, before = run(paper, variants=["fast"]), stamps()
    second = run(paper, variants=["fast"])
    assert [r.ours.mean for r in first if r.ours] == [r.ours.mean for r in second if r.ours]
    assert stamps() == before


def test_what_is_wrong_is_said(paper):
    with pytest.raises(FeatxError, match="`variant='slwo'`: no such variant; did you mean 'slow'"):
        run(paper, variants=["slwo"])
    Path("empty").mkdir()
    with pytest.raises(FeatxError, match="none of the paper's corpora is there"):
        list(run_paper("paper", paper, [Path("empty")]))
    with pytest.raises(FeatxError, match="`data='nowhere'`: no such folder"):
        reproduce("pepino2021", "nowhere")
    with pytest.raises(FeatxError, match="did you mean 'pepino2021'"):
        reproduce("pepino2012", "RAVDESS")


def test_a_row_that_fails_leaves_the_others(paper, monkeypatch):
    def fail(*_, **__):
        raise FeatxError("no luck\nand more")

    monkeypatch.setattr("featx.experiments.papers.cases.make_run", fail)
    failed = [result for result in run(paper) if result.failure]
    assert len(failed) == 2
    assert "failed" in to_text(paper, failed)
    assert "Failed: eGeMAPS 50 % (slow): no luck\n" in to_markdown(paper, failed)


def test_a_manifest_that_is_out_of_date_is_no_missing_corpus(paper):
    run(paper, variants=["fast"])
    manifest = Path("paper-ravdess.csv")
    manifest.write_text(manifest.read_text().replace(",calm,", ",sad,"))
    with pytest.raises(FeatxError, match=r"paper-ravdess.csv exists .*\. Move it away, and start"):
        run(paper, variants=["fast"])


def test_a_corpus_that_does_not_fit_leaves_the_others(paper):
    Path("three.toml").write_text(
        PROTOCOL.replace(
            '"leave-one-out"\nby = "speaker"',
            """
"speakers"\ntrain = ["01"]\nvalidation = ["02"]\ntest = ["99"]""".strip(),
        )
    )
    with pytest.raises(FeatxError, match=r"paper-ravdess\.csv: nothing by speaker 99"):
        run(paper)
    Path("again.toml").write_text(PROTOCOL)
    fits = paper.corpora["ravdess"].model_copy(
        update={"corpus": "ravdess", "protocol": "again.toml"}
    )
    both = paper.model_copy(update={"corpora": {**paper.corpora, "again": fits}})
    results = run(both, variants=["fast"], rows=["egemaps-50"])
    failed = [result.corpus for result in results if result.failure]
    assert failed == ["ravdess"]
    assert [result.corpus for result in results if result.ours] == ["again"]


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


@pytest.fixture
def tuned_paper(paper, monkeypatch, checkpoint_folder) -> Paper:
    """Two fine-tuned systems, of which one has its weights here, and their vote."""
    row = {"mode": "frozen", "paper": {"ravdess": {"mean": 93.0}}}
    rows = [
        {**row, "system": "Tiny, frozen", "model": str(checkpoint_folder)},
        {"system": "XLSR-53", "model": "xlsr53", "mode": "full"},
    ]
    vote = {"system": "Vote", "members": [str(checkpoint_folder), "xlsr53"], "rule": "hard"}
    changes = ["training.epochs=1", "training.every=3", "head.kind=pooled"]
    table = {**paper.model_dump(), "rows": rows, "votes": [vote], "changes": changes}
    variants = {"published": {"settings": ["select_on=test"]}, "ours": {}}
    return Paper.model_validate({**table, "seeds": 1, "metric": "wa", "variants": variants})


@pytest.mark.thorough
def test_fine_tuned_rows_run_where_their_weights_are_here(tuned_paper):
    results = run(tuned_paper)
    done = {result.variant: result for result in results if result.ours}
    assert set(done) == {"published", "ours"}
    for variant, result in done.items():
        folder = Path(f"runs/paper-ravdess-tiny-frozen-{variant}")
        metrics = json.loads((folder / "metrics.json").read_text())
        assert result.ours.mean == metrics["wa"]["mean"]
        chosen_on_test = any("CHOSEN ON THE TEST" in remark for remark in metrics["remarks"])
        assert chosen_on_test == (variant == "published")
        assert result.agrees is None
        assert result.course.steps
    text = to_text(tuned_paper, results)
    assert "WA in percent" in text
    assert "not known" in text
    assert text.count("hf download facebook/wav2vec2-large-xlsr-53") == 1  # also the vote's
    assert json.dumps(to_json(tuned_paper, results), allow_nan=False)


@pytest.mark.thorough
def test_votes_are_held_once_their_members_are_there(tuned_paper, checkpoint_folder, tmp_path):
    second = shutil.copytree(checkpoint_folder, tmp_path / "second")
    table = tuned_paper.model_dump()
    table["rows"][1]["model"] = str(second)
    members = [str(checkpoint_folder), str(second)]
    table["votes"] = [{"system": "Vote", "members": members, "rule": "hard"}]
    paper = Paper.model_validate(table)
    early = run(paper, variants=["ours"], rows=["vote"])
    failures = [result.failure for result in early if result.corpus == "ravdess"]
    assert ["Reproduce their rows first" in failure for failure in failures] == [True]
    vote = [r for r in run(paper, variants=["ours"]) if r.row.name == "vote" and r.results]
    assert [result.hits is not None for result in vote] == [True]
    assert Path("runs/paper-ravdess-vote-ours/predictions.csv").is_file()


def test_wrong_papers_are_refused(tuned_paper):
    table = tuned_paper.model_dump()
    vote = {**table["votes"][0], "members": ["xlsr53", "hubert-base"]}
    with pytest.raises(FeatxError, match="no row of hubert-base"):
        run(Paper.model_validate({**table, "votes": [vote]}))
    with pytest.raises(ValueError, match="no such corpus"):
        Paper.model_validate({**table, "rows": [{**table["rows"][0], "corpora": ["ravdes"]}]})


def test_single_rows_are_chosen(tuned_paper):
    assert {result.row.name for result in run(tuned_paper, rows=["xlsr-53"])} == {"xlsr-53"}
    with pytest.raises(FeatxError, match="`row='xlsr'`: no such row; did you mean 'xlsr-53'"):
        run(tuned_paper, rows=["xlsr"])
