"""A paper's rows run as far as they can, beside its figures; what is missing is named."""

import json
import shutil
from pathlib import Path

import pytest

from featx.errors import FeatxError
from featx.experiments.papers.paper import Paper
from featx.experiments.papers.reproduce import reproduce, run_paper
from featx.experiments.papers.reproduced import Reproduced, fetch_commands
from featx.experiments.papers.text import to_json, to_markdown, to_text


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
    protocol = Path("three.toml")
    Path("again.toml").write_text(protocol.read_text())
    absent = 'kind = "speakers"\ntrain = ["01"]\nvalidation = ["02"]\ntest = ["99"]'
    protocol.write_text(f'title = "of others"\ncorpus = "ravdess"\n[division]\n{absent}\n')
    with pytest.raises(FeatxError, match=r"paper-ravdess\.csv: nothing by speaker 99"):
        run(paper)
    fits = paper.corpora["ravdess"].model_copy(
        update={"corpus": "ravdess", "protocol": "again.toml"}
    )
    both = paper.model_copy(update={"corpora": {**paper.corpora, "again": fits}})
    results = run(both, variants=["fast"], rows=["egemaps-50"])
    failed = [result.corpus for result in results if result.failure]
    assert failed == ["ravdess"]
    assert [result.corpus for result in results if result.ours] == ["again"]


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
