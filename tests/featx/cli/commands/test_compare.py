"""`featx compare` on the command line."""

import json
from pathlib import Path

import pytest

HEADER = "utterance,label,prediction\n"


@pytest.fixture
def systems(workplace) -> Path:
    """Two systems on four utterances."""
    for name, predictions in (("frozen", "xxyx"), ("tuned", "xxyy")):
        path = workplace / "runs" / name / "predictions.csv"
        path.parent.mkdir(parents=True)
        rows = zip("abcd", "xxyy", predictions, strict=True)
        path.write_text(HEADER + "".join(",".join(row) + "\n" for row in rows))
    return workplace / "runs"


def test_prints_scores_costs_and_differences(systems, run_featx):
    outcome = run_featx("compare", systems / "frozen", systems / "tuned")
    assert outcome.code == 0, outcome.err
    for part in ("frozen − tuned", "−25.0", "McNemar p", "macro F1", "peak memory"):
        assert part in outcome.out
    assert run_featx("compare", systems).out == outcome.out


def test_json_is_all_that_is_printed(systems, run_featx):
    outcome = run_featx("compare", systems, "--json", "--out", "tables")
    assert json.loads(outcome.out) == json.loads(Path("tables/compare.json").read_text())


def test_out_writes_the_tables(systems, run_featx):
    out = run_featx("compare", systems, "--out", "tables").out
    for ending, part in (("md", "| frozen − tuned |"), ("tex", "\\toprule"), ("json", '"pairs"')):
        path = Path(f"tables/compare.{ending}")
        assert str(path) in out
        assert part in path.read_text()


def test_a_manifest_tells_the_speakers(systems, run_featx):
    Path("who.csv").write_text("utterance,speaker\na,s\nb,t\nc,s\nd,t\n")
    outcome = run_featx("compare", systems, "--manifest", "who.csv")
    assert "95 % over speakers" in outcome.out
    assert "Speakers are unknown" not in outcome.out


def test_a_single_speaker_leaves_a_dash_for_the_interval(systems, run_featx):
    Path("who.csv").write_text("utterance,speaker\na,s\nb,s\nc,s\nd,s\n")
    outcome = run_featx("compare", systems, "--manifest", "who.csv")
    assert outcome.code == 0, outcome.err
    (line,) = (line for line in outcome.out.splitlines() if "frozen − tuned" in line)
    assert line.split()[3:5] == ["−25.0", "–"]


def test_refusals_are_a_message_and_an_exit_code(systems, run_featx):
    single = run_featx("compare", systems / "tuned")
    (systems / "frozen" / "predictions.csv").write_text(HEADER + "a,x,x\n")
    differing = run_featx("compare", systems)
    for outcome, part in ((single, "two or more"), (differing, "The test sets differ")):
        assert outcome.code == 1
        assert part in outcome.err
        assert "Traceback" not in outcome.err
