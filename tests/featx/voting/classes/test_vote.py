"""A vote is a run like any other, joined by utterance or refused."""

import json
import os
import random
from pathlib import Path

import pytest
from sklearn.metrics import recall_score

import featx
from featx.comparison.compare import compare
from featx.comparison.evaluate import evaluate
from featx.errors import FeatxError
from featx.scoring.classes.results import score_predictions
from featx.scoring.results_file import read_run_results

from .conftest import CLASSES, RUN, SCORED, SKILLS, make_rows, read, refusal, vote

DRAWN = [pytest.param(rule, marks=pytest.mark.figures) for rule in ("hard", "soft")]


@pytest.mark.parametrize("rule", [*DRAWN, "weighted"])  # which draws what hard votes do
def test_a_vote_is_a_run_that_can_be_compared_and_vote(systems, rule):
    results = vote(systems, rule=rule)
    rows = [row for row in read(Path("vote/predictions.csv")) if row["split"] == "test"]
    uars = []
    for seed in ("0", "1"):
        own = [row for row in rows if row["seed"] == seed]
        labels, predictions = zip(*((r["label"], r["prediction"]) for r in own), strict=True)
        uars.append(100 * recall_score(labels, predictions, average="macro"))
    assert results.scores["uar"].mean == pytest.approx(sum(uars) / 2)
    assert len(read(Path("vote/predictions.csv"))) == 2 * 2 * 36
    stored = json.loads(Path("vote/metrics.json").read_text())["vote"]
    assert [member["name"] for member in stored["members"]] == ["s0", "s1", "s2", "s3"]
    assert len(read(Path("vote/agreement.csv"))) == 6
    assert {path.name for path in Path("vote").iterdir()} - {"figures"} == {
        "config.toml", "environment.json", "predictions.csv", "metrics.json", "agreement.csv",
        "report.txt", "run.log", "README.md",
    }  # fmt: skip
    assert Path("vote/figures").exists() == (rule != "weighted")
    assert compare([Path("vote"), systems[0]]).systems[0].name == "vote"
    again = vote([Path("vote"), systems[0], systems[1]], "twice", rule=rule)
    assert again.seeds == 2
    assert any("Ties: " in remark and remark.endswith("(vote).") for remark in again.remarks)
    voted = {(row["utterance"], row["speaker"]) for row in read(Path("twice/predictions.csv"))}
    assert voted == {(f"u{n:02}", f"s{n // 6}") for n in range(36)}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_system_with_a_single_seed_votes_with_each_seed_of_the_others(write, order):
    single = make_rows(0.6)
    repeated = [{**row, "seed": str(seed)} for seed in range(3) for row in single]
    systems = [write("single.csv", single), write("several.csv", make_rows(0.5, seeds=3))]
    found = vote([systems[place] for place in order], rule="soft")
    systems[0] = write("repeated.csv", repeated)
    expected = vote([systems[place] for place in order], "expected", rule="soft")
    assert found.seeds == expected.seeds == 3
    assert found.scores == expected.scores
    files = (Path(name, "predictions.csv").read_bytes() for name in ("vote", "expected"))
    assert len(set(files)) == 1


@pytest.mark.parametrize("rule", ["hard", "soft", "weighted"])
def test_the_order_of_rows_changes_nothing(write, systems, rule):
    vote(systems, rule=rule, search=(2, 3))
    before = {path.name: path.read_bytes() for path in Path("vote").glob("*.csv")}
    for number, skill in enumerate(SKILLS):
        table = make_rows(skill, seeds=2)
        random.shuffle(table)
        write(f"s{number}.csv", table)
    vote(systems, "again", rule=rule, search=(2, 3))
    assert {path.name: path.read_bytes() for path in Path("again").glob("*.csv")} == before


def test_weights_never_see_the_labels_of_what_they_weigh(write, systems):
    """In a cross-validation a test utterance of one fold is validated on in another."""
    vote(systems, rule="weighted")
    for path in systems:
        table = read(path)
        for row in table:
            if row["split"] == "validation" and row["fold"] == "1":  # tested in fold 0
                row["label"] = CLASSES[(CLASSES.index(row["label"]) + 1) % 3]
        write(str(path), table)
    results = vote(systems, "poisoned", rule="weighted")
    ours, poisoned = (
        {(r["utterance"], r["seed"]): r for r in read(Path(name, RUN)) if r["split"] == "test"}
        for name in ("vote", "poisoned")
    )
    changed = {ours[key]["fold"] for key in ours if ours[key] != poisoned[key]}
    assert changed == {"1"}
    assert not any("tested in another" in remark for remark in results.remarks)


def test_without_folds_all_validation_rows_weigh(write):
    for name in "ab":
        rows = make_rows(0.5 + 0.2 * (name == "a"))
        write(
            f"{name}.csv", [{**r, "fold": r["fold"] if r["split"] == "test" else ""} for r in rows]
        )
    results = vote([Path("a.csv"), Path("b.csv")], rule="weighted")
    assert any("tested in another" in remark for remark in results.remarks)


def test_seeds_of_other_numbers_are_paired_in_order_and_told(write):
    other = [{**row, "seed": str(int(row["seed"]) + 5)} for row in make_rows(0.5, seeds=2)]
    paths = [write("a.csv", make_rows(0.6, seeds=2)), write("b.csv", other)]
    results = vote(paths)
    assert any(
        "paired in their order" in remark and "b 5, 6" in remark for remark in results.remarks
    )


def test_a_member_that_says_something_else_is_another_vote(write):
    for name in "ab":
        path = write(f"{name}/predictions.csv", make_rows(0.5 + 0.1 * (name == "a")))
        path.with_name("config.toml").touch()
        scored = score_predictions("", CLASSES, [SCORED], False)
        path.with_name("metrics.json").write_text(json.dumps(scored.to_json()))
    vote([Path("a"), Path("b")])
    warned = score_predictions("", CLASSES, [SCORED], False, ["CHOSEN ON TEST DATA: too high."])
    Path("a/metrics.json").write_text(json.dumps(warned.to_json()))
    with pytest.raises(FeatxError, match="have changed since"):
        vote([Path("a"), Path("b")])


def test_files_that_repeat_a_seeds_number_are_told_apart(write):
    """Two files of a folder are two seeds, also if both say 0."""
    for name in ("a/one", "a/two", "b/one", "b/two"):
        write(f"{name}.csv", make_rows(0.5 + 0.1 * (name[0] == "a")))
    assert vote([Path("a"), Path("b")]).seeds == 2
    assert {row["seed"] for row in read(Path("vote", RUN))} == {"0", "1"}
    assert vote([Path("a"), Path("b")], "all", over_seeds=True).seeds == 1
    stored = json.loads(Path("all/metrics.json").read_text())["vote"]
    names = [member["name"] for member in stored["members"]]
    assert names == ["a, seed 0", "a, seed 1", "b, seed 0", "b, seed 1"]


def test_a_finished_vote_is_not_held_again(write, systems, monkeypatch):
    first = vote(systems)
    (Path("vote") / "metrics.json").unlink()  # as if killed before it was written
    assert vote(systems).to_json() == {**first.to_json()}
    monkeypatch.setattr("featx.voting.classes.run.count", None)  # would fail if called
    assert vote(systems).scores == first.scores
    with pytest.raises(FeatxError, match=r"rule: hard there, now soft"):
        vote(systems, rule="soft")
    write("s0.csv", make_rows(0.7, seeds=2))
    with pytest.raises(FeatxError, match="have changed since"):
        vote(systems)


def test_ties_without_probabilities_go_to_the_first_named(write):
    for name, skill in (("a", 0.9), ("b", 0.1)):
        keep = ("utterance", "label", "prediction")
        write(f"{name}.csv", [{k: r[k] for k in keep} for r in make_rows(skill, validation=False)])
    for first, two in (("a", "b"), ("b", "a")):
        results = vote([Path(f"{first}.csv"), Path(f"{two}.csv")], first)
        predicted = {row["utterance"]: row["prediction"] for row in read(Path(first, RUN))}
        assert predicted == {r["utterance"]: r["prediction"] for r in read(Path(f"{first}.csv"))}
        assert "the first-named system" in results.remarks[0]
    assert "has no p_ columns" in refusal([Path("a.csv"), Path("b.csv")], rule="soft")
    assert "`tie='first'`" in refusal([Path("a.csv"), Path("b.csv")], tie="probability")
    assert "all systems have none" in refusal([Path("a.csv"), Path("b.csv")], rule="weighted")
    assert "`search` needs validation" in refusal([Path("a.csv"), Path("b.csv")], search=(2,))


def test_systems_whose_names_differ_by_an_ending_are_two(write):
    paths = [write("a.csv", make_rows(0.6)), write("a/x.csv", make_rows(0.5)).parent]
    vote([*paths, write("b.csv", make_rows(0.8))])
    stored = json.loads(Path("vote/metrics.json").read_text())["vote"]
    assert [member["name"] for member in stored["members"]] == ["a.csv", "a", "b"]


def test_a_warning_of_a_member_stays_one(write):
    scored = score_predictions("", CLASSES, [SCORED], False, ["CHOSEN ON TEST DATA: too high."])
    path = write("a/predictions.csv", make_rows(0.5))
    path.with_name("config.toml").touch()
    path.with_name("metrics.json").write_text(json.dumps(scored.to_json()))
    results = vote([Path("a"), write("b.csv", make_rows(0.6))])
    assert "CHOSEN ON TEST DATA: too high (a)." in results.notes()
    assert "> **WARNING: CHOSEN ON TEST DATA: too high (a).**" in Path("vote/README.md").read_text()


@pytest.mark.corpus
@pytest.mark.skipif("FEATX_DATA" not in os.environ, reason="FEATX_DATA is unset")
@pytest.mark.parametrize(
    ("system", "hard", "soft"), [("none-egemaps", 57.7, 56.8), ("w2v2PT-alllayers", 85.3, 84.8)]
)
def test_five_published_seeds_vote_as_five_systems(workplace, system, hard, soft):
    paths = sorted((Path(os.environ["FEATX_DATA"]).absolute() / "reference" / system).glob("*.csv"))
    assert len(paths) == 5
    for rule, uar in (("hard", hard), ("soft", soft)):
        results = vote(paths, rule, rule=rule)
        assert results.scores["uar"].mean == pytest.approx(uar, abs=0.05)
        assert read_run_results(Path(rule, "metrics.json")).scores == pytest.approx(results.scores)


def test_the_api_votes_into_a_run_and_returns_it_again(systems):
    run = featx.vote(systems[:2], rule="soft", name="both")
    assert run.folder == Path("runs/both")
    assert run.results.title.startswith("soft vote of 2")
    again = featx.vote(config=run.folder / "config.toml", out="elsewhere")
    assert again.predictions.read_bytes() == run.predictions.read_bytes()
    assert featx.vote(systems, search=(2,), out="searched").folder == Path("searched")


@pytest.mark.parametrize(
    ("options", "cure"),
    [
        ({}, "`systems`"),
        ({"systems": "s0.csv", "rule": "loud"}, "`rule='loud'`"),
        ({"systems": ["s0.csv", "s1.csv"], "search": "x"}, "`search='x'`"),
        ({"systems": ["s0.csv", "s1.csv"], "name": "n", "out": "o"}, "`name` can't"),
        ({"config": "runs/x", "rule": "soft"}, "`rule` can't"),
        ({"config": "runs/x", "at_least": 90}, "`at_least` can't"),
        ({"config": "runs/x"}, "`config='runs/x'`: no such vote"),
    ],
)
def test_arguments_that_can_not_be_used_are_named(systems, options, cure):
    with pytest.raises(FeatxError) as caught:
        featx.vote(**options)
    assert cure in str(caught.value)
    assert not Path("runs").exists()


def test_a_vote_is_scored_by_the_columns_of_its_members_manifest(write, workplace):
    del workplace
    rows = make_rows(0.6)
    paths = []
    for name in "ab":
        path = write(f"{name}/predictions.csv", rows)
        (path.parent / "metrics.json").write_text(evaluate(path).to_json())
        (path.parent / "config.toml").write_text('manifest = "m.csv"\n')
        paths.append(path)
    listed = {row["utterance"]: row["speaker"] for row in rows}
    sexes = {name: ("female", "male")[int(speaker[1:]) % 2] for name, speaker in listed.items()}
    write("m.csv", [{"utterance": name, "sex": sex} for name, sex in sexes.items()])
    results = vote(paths)
    (scores,) = results.groups
    assert [(group.value, group.utterances) for group in scores.groups] == [
        ("female", 18),
        ("male", 18),
    ]
    stored = json.loads(Path("vote/metrics.json").read_text())["groups"]
    (system,) = evaluate("vote", by="sex").systems
    assert system.to_json()["groups"] == stored
