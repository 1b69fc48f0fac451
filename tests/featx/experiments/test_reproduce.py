"""A paper's rows run as far as they can, beside its figures; what is missing is named."""

import json
import math
from pathlib import Path

import pytest

from featx.demo.corpus import write_corpus as write_demo_corpus
from featx.errors import FeatxError
from featx.experiments.papers import Paper
from featx.experiments.reproduce import reproduce, run_paper
from featx.experiments.reproduce_tables import to_json, to_latex, to_markdown, to_text, write_tables
from featx.experiments.reproduced import Reproduced, fetch_commands
from featx.scoring.metrics import Score

PROTOCOL = """
title = "three speakers"
corpus = "ravdess"
[division]
kind = "leave-one-out"
by = "speaker"
"""


@pytest.fixture
def paper(workplace) -> Paper:
    """Three systems on a small corpus laid out as RAVDESS is, and one corpus that is not here."""
    write_demo_corpus(workplace / "RAVDESS", speakers=3)
    Path("three.toml").write_text(PROTOCOL)
    corpus = {"seconds": 5.0, "max_seconds": 1.0}  # shorter than most
    return Paper.model_validate(
        {
            "title": "A paper",
            "seeds": 2,
            "changes": ["training.epochs=2"],
            "variants": {"slow": ["training.learning_rate=1e-4"], "fast": []},
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
                    "paper": {"ravdess": [12.5, 1.0], "iemocap": [50.0, 1.0]},
                },
                {
                    "tables": [2], "system": "both", "models": ["wav2vec2-base", "egemaps"],
                    "head": "fusion", "normalize": "global",
                    "paper": {"ravdess": [80.0, 1.0], "iemocap": [60.0, 1.0]},
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
        return {file: file.stat().st_mtime_ns for file in files}

    first, before = run(paper, variants=["fast"]), stamps()
    second = run(paper, variants=["fast"])
    assert [r.ours.mean for r in first if r.ours] == [r.ours.mean for r in second if r.ours]
    assert stamps() == before


def test_what_is_wrong_is_said(paper):
    with pytest.raises(FeatxError, match="`variant='slwo'`: there is slow, fast"):
        run(paper, variants=["slwo"])
    Path("empty").mkdir()
    with pytest.raises(FeatxError, match="none of the paper's corpora is there"):
        list(run_paper("paper", paper, [Path("empty")]))
    with pytest.raises(FeatxError, match="`data='nowhere'`: no such folder"):
        reproduce("pepino2021", "nowhere")
    with pytest.raises(FeatxError, match="did you mean 'pepino2021'"):
        reproduce("pepino2012", "RAVDESS")


def test_a_row_that_fails_leaves_the_others(paper, monkeypatch):
    def fail(*_):
        raise FeatxError("no luck\nand more")

    monkeypatch.setattr("featx.experiments.reproduce.make_run", fail)
    failed = [result for result in run(paper) if result.failure]
    assert len(failed) == 2
    assert "failed" in to_text(paper, failed)
    assert "Failed: no luck" in to_markdown(paper, failed)


def known(paper: Paper) -> list[Reproduced]:
    row, other = paper.rows
    return [
        Reproduced(row, "ravdess", "slow", (57.0, 2.4), Score(52.8, 1.9, 50.0, 55.0)),
        Reproduced(row, "ravdess", "fast", (57.0, 2.4), Score(56.3, 0.1, 50.0, 60.0)),
        Reproduced(other, "ravdess", "fast", (77.5, 1.1), missing=("wav2vec2-base",)),
    ]


def test_within_means_no_further_apart_than_both_deviations(paper):
    slow, fast, missing = known(paper)
    assert (slow.within, fast.within, missing.within) == (True, True, None)  # 4.2 <= 2.4 + 1.9
    assert slow.difference == pytest.approx(-4.2)
    assert math.isnan(missing.difference)
    further = Reproduced(slow.row, "ravdess", "slow", (57.2, 2.4), slow.ours)
    assert further.within is False


def test_the_tables_say_the_same_in_every_form(paper):
    results = known(paper)
    text, markdown, latex = (
        to_text(paper, results),
        to_markdown(paper, results),
        to_latex(paper, results),
    )
    for table in (text, markdown):
        assert "57.0 ± 2.4" in table
        assert "52.8 ± 1.9" in table
        assert "-4.2" in table
        assert "no weights" in table
        assert "hf download facebook/wav2vec2-base" in table
    assert (
        r"eGeMAPS 50 \% & RAVDESS & slow & 57.0 $\pm$ 2.4 & 52.8 $\pm$ 1.9 & -4.2 & yes \\" in latex
    )
    assert markdown.count("| eGeMAPS 50 % |") == 4  # in both tables, both settings
    columns = {line.count("|") for line in markdown.splitlines() if line.startswith("|")}
    assert columns == {8}
    rows = to_json(paper, results)["rows"]
    assert rows[0]["ours"] == {"mean": 52.8, "std": 1.9}
    assert rows[2]["ours"] is None
    files = write_tables(Path("tables"), "paper", paper, results)
    assert [file.name for file in files] == ["paper.md", "paper.tex", "paper.json"]
    assert files[0].read_text() == markdown


@pytest.fixture
def tuned_paper(paper, monkeypatch, checkpoint_folder) -> Paper:
    """Two fine-tuned systems, of which one has its weights here, and no deviation is told."""
    row = {"mode": "frozen", "paper": {"ravdess": [93.0]}}
    rows = [
        {**row, "system": "Tiny, frozen", "model": str(checkpoint_folder)},
        {"system": "XLSR-53", "model": "xlsr53", "mode": "full"},
    ]
    changes = ["training.epochs=1", "training.every=3", "head.kind=pooled"]
    table = {**paper.model_dump(), "rows": rows, "changes": changes, "seeds": 1, "metric": "wa"}
    return Paper.model_validate(
        {**table, "variants": {"published": ["select_on=test"], "ours": []}}
    )


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
        assert result.within is None
    text = to_text(tuned_paper, results)
    assert "WA, %" in text
    assert "93.0" in text
    assert "not known" in text
    assert "hf download facebook/wav2vec2-large-xlsr-53" in text
    assert json.dumps(to_json(tuned_paper, results), allow_nan=False)


def test_single_rows_are_chosen(tuned_paper):
    assert {result.row.name for result in run(tuned_paper, rows=["xlsr-53"])} == {"xlsr-53"}
    with pytest.raises(FeatxError, match="`row='xlsr'`: there is tiny-frozen, xlsr-53"):
        run(tuned_paper, rows=["xlsr"])
