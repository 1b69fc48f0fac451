"""What can't vote together is refused with the difference, and nothing is written."""

import json
from pathlib import Path

import pytest

from featx.errors import FeatxError
from featx.scoring.classes.results import score_predictions

from .conftest import CLASSES, SCORED, make_rows, refusal, vote


def test_a_member_with_damaged_scores_is_refused_before_anything_is_written(write):
    path = write("a/predictions.csv", make_rows(0.5))
    path.with_name("config.toml").touch()
    path.with_name("metrics.json").write_text("{")
    assert "a/metrics.json: damaged" in refusal([Path("a"), write("b.csv", make_rows(0.6))])


def test_folds_that_only_some_tell_are_named(write):
    other = make_rows(0.5)
    for row in other:
        row["fold"] = row["fold"] if row["split"] == "test" else ""
    message = refusal([write("a.csv", make_rows(0.6)), write("b.csv", other)])
    assert message.startswith("b: validation rows without a fold")


def test_a_file_is_no_place_for_a_run(systems):
    with pytest.raises(FeatxError, match=r"s0\.csv is a file"):
        vote(systems, "s0.csv/run")


def changed(skill: float, where: int, **values: str) -> list[dict[str, str]]:
    table = make_rows(skill)
    table[where] |= values
    return table


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (make_rows(0.5)[:-2], "b lacks 2 of the 36 utterances of a ('u34', 'u35')"),
        (changed(0.5, -1, label="happy"), "'u35' is 'happy', not 'sad'"),
        (changed(0.5, -1, speaker="x"), "'u35' is spoken by 's5' in a, by 'x' in b"),
        (changed(0.5, -1, fold="0"), "'u35', tested in fold 1 of a and in fold 0 of b"),
        (changed(0.5, -1, prediction="calm"), "'u35' is predicted 'calm' in b"),
        (make_rows(0.5)[2:], "b lacks 2 of 36 rows ('u00', 'u01')"),
        (changed(0.5, 0, label="sad"), "'u00' is 'angry' in a, 'sad' in b"),
        (
            [{k.replace("p_sad", "p_calm"): v for k, v in r.items()} for r in make_rows(0.5)],
            "happy, sad, angry in a; calm, happy, angry in b",
        ),
    ],
)
def test_systems_that_differ_are_refused_with_the_difference(write, other, message):
    assert message in refusal([write("a.csv", make_rows(0.8)), write("b.csv", other)])


def test_systems_with_other_numbers_of_seeds_are_refused(write):
    paths = [write(f"{n}.csv", make_rows(n / 10, seeds=n)) for n in (1, 2, 3)]
    assert "2 has 2 seeds, 3 has 3" in refusal(paths)


def test_runs_of_other_protocols_are_refused(write):
    for name, count in (("a", 2), ("b", 3)):
        path = write(f"{name}/predictions.csv", make_rows(0.5))
        division = f"[protocol.division]\ncount = {count}\n"
        path.with_name("config.toml").write_text(f'[protocol]\nname = "{name}"\n{division}')
        path.with_name("metrics.json").write_text(
            json.dumps(score_predictions("", CLASSES, [SCORED], False).to_json())
        )
    message = refusal([Path("a"), Path("b")])
    assert "division: {'count': 2} in a, {'count': 3} in b" in message
    assert "name" not in message.splitlines()[1]
    vote([Path("a"), write("c.csv", make_rows(0.6))])
    assert "division: {'count': 2} in vote" in refusal([Path("vote"), Path("b")])  # of its member
    Path("a/config.toml").write_text("[proto")
    assert "a/config.toml: damaged" in refusal([Path("a"), Path("c.csv")])
    Path("vote/environment.json").write_text("{")
    assert "vote/environment.json: damaged" in refusal([Path("vote"), Path("b")])


def test_a_run_that_is_not_finished_does_not_vote(write):
    write("a/predictions.csv", make_rows(0.5)).with_name("config.toml").touch()
    other = write("b.csv", make_rows(0.6))
    for path in (Path("a"), Path("a/predictions.csv")):
        assert "a: a run that is not finished" in refusal([path, other])


def test_scores_that_are_no_probabilities_are_not_averaged(write):
    table = [{**row, "p_sad": "3"} for row in make_rows(0.5)]
    paths = [write("a.csv", make_rows(0.8)), write("b.csv", table)]
    assert "are no probabilities (those of 'u" in refusal(paths, rule="soft")


def test_one_system_needs_another_or_its_seeds(write, systems):
    assert "`over_seeds`" in refusal(systems[:1])
    assert vote(systems[:1], over_seeds=True).seeds == 1
    assert "given twice" in refusal([systems[0], systems[0].absolute()])
    folder = write("folder/a.csv", make_rows(0.5)).parent
    assert "folder/a.csv is given twice" in refusal([folder, folder / "a.csv"])
    with pytest.raises(FeatxError, match="one of the systems"):
        vote([Path("vote"), systems[0]], "vote")


def test_too_many_combinations_are_refused(systems, monkeypatch):
    monkeypatch.setattr("featx.voting.classes.members.MOST", 5)
    assert "6 combinations of 4 systems, more than 5" in refusal(systems, search=(2,))
    assert "`search=5`" in refusal(systems, search=(5,))


def test_annotators_votes_that_are_no_numbers_are_named_in_the_validation_part_too(write):
    table = [
        {**row, **{f"true_p_{c}": "0.5" if c != "sad" else "0" for c in CLASSES}}
        for row in make_rows(0.5)
    ]
    table[0]["true_p_sad"] = "few"
    assert table[0]["split"] == "validation"
    message = refusal([write("a.csv", table), write("b.csv", make_rows(0.6))])
    assert "line 2: a true_p_ column is not a number" in message
