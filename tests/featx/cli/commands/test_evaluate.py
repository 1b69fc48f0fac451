"""`featx evaluate` on the command line."""

import json
from pathlib import Path

import pytest

HEADER = "utterance,label,prediction\n"


@pytest.fixture
def systems(workplace) -> Path:
    """Two systems, one with two seeds."""
    for name, predictions in (
        ("good/1", "xxyy"),
        ("good/2", "xxyx"),
        ("poor/1", "xyxy"),
    ):
        path = workplace / "systems" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = zip("abcd", "xxyy", predictions, strict=True)
        path.write_text(HEADER + "".join(",".join(row) + "\n" for row in rows))
    return workplace / "systems"


def test_several_systems_are_a_row_each(systems, run_featx):
    outcome = run_featx("evaluate", systems)
    assert outcome.code == 0, outcome.err
    good, poor = (
        line.split() for line in outcome.out.splitlines() if "good" in line or "poor" in line
    )
    assert good == [
        "good",
        "87.5",
        "±",
        "17.7",
        "87.5",
        "±",
        "17.7",
        "86.7",
        "±",
        "18.9",
        "2",
        "4",
        "2",
    ]
    assert poor == ["poor", "50.0", "50.0", "50.0", "1", "4", "2"]
    assert "true \\ predicted" not in outcome.out
    assert run_featx("evaluate", *sorted(systems.rglob("*.csv"))).out == outcome.out


def test_details_add_the_tables_of_each(systems, run_featx):
    out = run_featx("evaluate", systems, "--details").out
    assert out.count("true \\ predicted") == 2
    assert "good: 2 files, 2 seeds, 4 utterances, 2 classes" in out


def test_one_system_is_printed_in_full(systems, run_featx):
    out = run_featx("evaluate", systems / "poor").out
    for part in ("poor: 1 file, 1 seed", "chance UAR", "precision", "true \\ predicted"):
        assert part in out


def test_json_holds_the_same(systems, run_featx):
    poor = json.loads(run_featx("evaluate", systems / "poor", "--json").out)
    assert poor["uar"]["mean"] == 50
    assert poor["uar"]["std"] is None
    assert poor["utterances"] == 4
    both = json.loads(run_featx("evaluate", systems, "--json").out)["systems"]
    assert both["poor"] == poor
    assert set(both["good"]["uar"]) == {"mean", "std", "low", "high"}


def test_a_fault_is_a_message_and_an_exit_code(workplace, run_featx):
    path = workplace / "a.csv"
    path.write_text("utterance,label,predicted\na,x,x\n")
    outcome = run_featx("evaluate", path)
    assert outcome.code == 1
    assert "column 'prediction' is missing (is it 'predicted'?)" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_finished_run_scores_as_it_did(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=4)
    run_featx("extract", "--model", checkpoint_folder)
    fitted = run_featx("fit", "--seeds", "2", "--folds", "3", "--set", "training.epochs=1")
    assert fitted.code == 0, fitted.err
    (folder,) = Path("runs").iterdir()
    metrics = json.loads((folder / "metrics.json").read_text())
    found = json.loads(run_featx("evaluate", "runs", "--json").out)
    for key in ("classes", "confusion", "speakers", "seeds"):
        assert found[key] == metrics[key]
    for metric in ("uar", "wa", "macro_f1"):
        assert found[metric] == pytest.approx(metrics[metric])


def test_scores_by_columns_of_the_manifest(systems, run_featx):
    Path("m.csv").write_text(
        "utterance,speaker,sex\na,s1,female\nb,s2,female\nc,s3,male\nd,s4,male\n"
    )
    asked = ("evaluate", systems / "poor", "--manifest", "m.csv", "--by", "sex")
    outcome = run_featx(*asked, "--by", "speaker")
    assert outcome.code == 0, outcome.err
    assert outcome.out.index("by sex") < outcome.out.index("by speaker")
    (sex,) = json.loads(run_featx(*asked, "--json").out)["groups"]
    assert [group["value"] for group in sex["groups"]] == ["female", "male"]
    unknown = run_featx("evaluate", systems / "poor", "--manifest", "m.csv", "--by", "age")
    assert unknown.code == 1
    assert "--by age: m.csv has no such column; there is speaker, sex" in unknown.err
