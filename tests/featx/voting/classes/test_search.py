"""Members are chosen fold by fold on validation data, or on test data with a warning."""

from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import mode

import featx
from featx.voting.classes.members import BEST_ON_TEST, CHOSEN_ON_TEST

from .conftest import CLASSES, RUN, SKILLS, Table, found, make_rows, read, turn, vote


def chosen(folder: str = "vote") -> list[dict[str, Any]]:
    """What validation data chose, without scores on test data."""
    picks = [pick for pick in found(folder)["search"] if pick["picked"] != BEST_ON_TEST]
    return [{key: pick[key] for key in pick if not key.startswith("test_")} for pick in picks]


def voted(folder: str) -> dict[tuple[str, ...], str]:
    return {
        (row["fold"], row["utterance"], row["seed"]): row["prediction"]
        for row in read(Path(folder, RUN))
        if row["split"] == "test"
    }


def only(fold: str, table: Table) -> Table:
    return [row for row in table if row["fold"] == fold]


@pytest.fixture
def single(write) -> list[Path]:
    """Four systems of one division, whose validation utterances are not tested."""
    tables = [only("1", make_rows(skill, seeds=2)) for skill in SKILLS]
    return [write(f"one{number}.csv", table) for number, table in enumerate(tables)]


@pytest.mark.parametrize("options", [{}, {"rule": "weighted"}, {"at_least": 35, "best_by": "wa"}])
def test_the_search_never_reads_test_labels(systems, options):
    vote(systems, search=(2, 3), **options)
    for path in systems:
        turn(path, lambda row: row["split"] == "test")
    vote(systems, "poisoned", search=(2, 3), **options)
    assert chosen("poisoned") == chosen("vote")
    assert {pick["fold"] for pick in chosen()} == {"0", "1"}
    assert voted("poisoned") == voted("vote")
    score = f"test_{options.get('best_by', 'uar')}"
    before, after = (
        [pick[score] for pick in found(folder)["search"]] for folder in ("vote", "poisoned")
    )
    assert all(old != new for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize("rule", ["hard", "weighted"])
def test_a_fold_is_not_chosen_for_by_labels_that_it_tests(systems, rule):
    """In a cross-validation a test utterance of one fold is validated on in another."""
    vote(systems, search=(2, 3), rule=rule)
    for path in systems:  # tested in fold 0
        turn(path, lambda row: row["split"] == "validation" and row["fold"] == "1")
    results = vote(systems, "poisoned", search=(2, 3), rule=rule)
    before, after = (
        {fold: [pick for pick in chosen(folder) if pick["fold"] == fold] for fold in "01"}
        for folder in ("vote", "poisoned")
    )
    assert before["0"] == after["0"]
    assert [pick["members"] for pick in before["1"]] != [pick["members"] for pick in after["1"]]
    ours, poisoned = voted("vote"), voted("poisoned")
    assert {key[0] for key in ours if ours[key] != poisoned[key]} == {"1"}
    assert not any("tested in another" in remark for remark in results.remarks)


@pytest.mark.parametrize("rule", ["hard", "soft", "weighted"])
def test_a_choice_by_fold_is_that_of_every_fold_alone(write, systems, rule):
    results = vote(systems, search=(2, 3), rule=rule)
    for fold in "01":
        files = [write(f"{fold}/{path.name}", only(fold, read(path))) for path in systems]
        vote(files, f"alone{fold}", search=(2, 3), rule=rule)
        alone = {key: value for key, value in voted("vote").items() if key[0] == fold}
        assert alone == voted(f"alone{fold}")
        of_fold = [{**pick, "fold": "all"} for pick in chosen() if pick["fold"] == fold]
        assert of_fold == chosen(f"alone{fold}")
    hits = [row["label"] == row["prediction"] for row in read(Path("vote", RUN))[36:72]]
    assert results.confusion.diagonal().sum() >= sum(hits)  # those of the first of two seeds


def test_the_choice_of_each_fold_is_shown(systems):
    results = vote(systems, search=(2, 3))
    text, card = (Path("vote", name).read_text() for name in ("report.txt", "README.md"))
    assert results.title == "hard vote of 2 or 3 chosen in each fold: s0, s1, s2, s3"
    assert "chosen in each of 2 folds: those of 10 combinations" in text
    voting = [pick for pick in found()["search"] if pick["votes"]]
    assert [pick["fold"] for pick in voting] == ["0", "1"]
    for pick in voting:
        label = f"fold {pick['fold']}: {pick['size']}, chosen on validation"
        assert label in text
        assert label in card
        assert pick["members"].replace("; ", ", ") in text
        for member in found()["members"]:
            assert (member["name"] in pick["members"]) == (pick["fold"] in member["folds"])
    rows = read(Path("vote/search.csv"))
    assert [row["fold"] for row in rows] == ["0", "0", "1", "1", "all", "all"]
    assert [row["size"] for row in rows if row["votes"] == "yes"] == [
        str(pick["size"]) for pick in voting
    ]
    shares = [recalled(pick["members"].split("; "), pick["fold"]) for pick in voting]
    assert found()["oracle"]["share"] == pytest.approx(sum(shares) / 2)  # folds are equally large


def recalled(members: list[str], fold: str) -> float:
    """Percent of a fold's test utterances that any of some systems recognises."""
    hits: dict[tuple[str, str], bool] = {}
    for row in (row for name in members for row in read(Path(f"{name}.csv"))):
        if (row["split"], row["fold"]) == ("test", fold):
            key = row["utterance"], row["seed"]
            hits[key] = hits.get(key, False) or row["label"] == row["prediction"]
    return 100 * sum(hits.values()) / len(hits)


def test_the_best_on_test_is_beside_the_chosen_and_not_worse(single):
    results = vote(single, search=(2, 3))
    rows = read(Path("vote/search.csv"))
    assert [(row["fold"], row["size"]) for row in rows] == [("all", n) for n in "2323"]
    for picked, best in zip(rows[:2], rows[2:], strict=True):
        assert float(best["test_uar"]) >= float(picked["test_uar"])
        assert (picked["picked"], best["picked"]) == ("chosen on validation", BEST_ON_TEST)
        assert not best["validation_uar"]
        assert best["votes"] == "no"
    won = max(rows[:2], key=lambda row: float(row["validation_uar"]))
    assert won["votes"] == "yes"
    assert results.scores["uar"].mean == pytest.approx(float(won["test_uar"]), abs=1e-4)
    assert not any("tested in another" in remark for remark in results.remarks)
    assert f"This run is the {won['size']} chosen" in Path("vote/report.txt").read_text()


def test_without_folds_one_choice_is_made_and_a_remark_says_what_it_has_seen(write):
    paths = []
    for number, skill in enumerate(SKILLS):
        table = [{**row, "fold": ""} for row in make_rows(skill)]
        paths.append(write(f"{number}.csv", table))
    results = vote(paths, search=(2,))
    assert any("tested in another" in remark for remark in results.remarks)
    assert [pick["fold"] for pick in found()["search"]] == ["all", "all"]


def test_validation_rows_of_folds_that_are_not_tested_choose_nothing(write, systems):
    vote(systems, search=(2,))
    paths = []
    for path in systems:
        more = [{**row, "fold": "2"} for row in read(path) if row["split"] == "validation"]
        distinct = [row for row in more if int(row["utterance"][1:]) < 18]
        paths.append(write(f"more/{path.name}", [*read(path), *distinct]))
    vote(paths, "more-vote", search=(2,))
    assert chosen("more-vote") == chosen("vote")
    assert voted("more-vote") == voted("vote")


@pytest.mark.parametrize(("sizes", "tried"), [((3, 5), 26), ((3, 4, 5, 6), 42)])
def test_six_systems_without_validation_rows_are_chosen_on_test(six, sizes, tried):
    """Gavali and Verma try three and five of six; 42 are all combinations of three or more."""
    results = vote(six, search=sizes, select_on="test", best_by="wa", at_least=1)
    assert f"those of {tried} combinations with the highest WA" in results.remarks[0]
    picks = found()["search"]
    assert [pick["combinations"] for pick in picks] == [comb(6, size) for size in sizes]
    assert {pick["picked"] for pick in picks} == {CHOSEN_ON_TEST}
    (won,) = (pick for pick in picks if pick["votes"])
    assert won["test_wa"] == max(pick["test_wa"] for pick in picks)
    assert results.scores["wa"].mean == pytest.approx(won["test_wa"])
    tables = {path.stem: read(path) for path in six}
    labels = [row["label"] for row in tables["a"]]
    best = 0.0
    for members in combinations(tables, 3):  # all with p_ columns of 0.6 and 0.2
        voted = [[CLASSES.index(row["prediction"]) for row in tables[name]] for name in members]
        three = mode(voted, axis=0)
        best = max(best, sum(labels[n] == CLASSES[m] for n, m in enumerate(three.mode)) / 36)
    assert picks[0]["test_wa"] >= 100 * best - 100 * 8 / 36  # ties go otherwise than with mode


def test_every_output_of_a_choice_on_test_says_so(six):
    results = vote(six, "runs/vote", search=(3,), select_on="test")
    assert results.remarks[0].startswith(f"{CHOSEN_ON_TEST}: ")
    for name in ("report.txt", "search.csv", "metrics.json", "run.log", "README.md"):
        assert CHOSEN_ON_TEST in Path("runs/vote", name).read_text(), name
    assert found("runs/vote")["selection"]["warning"] == CHOSEN_ON_TEST
    assert "> **WARNING: OPTIMISTIC: CHOSEN ON TEST" in Path("runs/vote/README.md").read_text()
    featx.report(["runs/vote"])
    page = Path("report.html").read_text()
    assert f'class="line warning">{CHOSEN_ON_TEST}' in page
    again = vote([Path("runs/vote"), *six[:2]], "again")
    assert any(
        remark.startswith(CHOSEN_ON_TEST) and remark.endswith("(vote).") for remark in again.remarks
    )
    assert "> **WARNING: OPTIMISTIC: CHOSEN ON TEST" in Path("again/README.md").read_text()
    assert CHOSEN_ON_TEST in featx.compare(["runs/vote", six[0]]).to_text()
    assert CHOSEN_ON_TEST in featx.evaluate("runs/vote").to_text()
    assert CHOSEN_ON_TEST in featx.evaluate(["runs/vote", six[0]]).to_text()


def test_an_honest_choice_says_nothing_of_the_kind(single):
    results = vote(single, search=(2,))
    assert CHOSEN_ON_TEST not in Path("vote/metrics.json").read_text()
    assert "WARNING" not in Path("vote/README.md").read_text()
    assert found()["selection"]["warning"] is None
    assert "on validation data" in results.remarks[0]


def test_accuracy_and_uar_choose_differently(write):
    """Of many angry and few sad utterances, two systems know the many and two all of the few."""
    labels = ["angry"] * 20 + ["sad"] * 4
    known = {"a": range(20), "b": range(20), "c": range(10, 24), "d": range(10, 24)}
    paths = []
    for name, right in known.items():
        rows = []
        for split in ("validation", "test"):
            for number, label in enumerate(labels):
                said = label if number in right else {"angry": "sad", "sad": "angry"}[label]
                row = {"utterance": f"{split}{number}", "label": label, "prediction": said}
                rows.append({**row, "split": split})
        paths.append(write(f"{name}.csv", rows))
    for by, members in (("uar", "c; d"), ("wa", "a; b")):
        vote(paths, by, search=(2,), best_by=by)
        assert found(by)["search"][0]["members"] == members


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"select_on": "test"}, "`select_on='test'` is about the systems that a search chooses"),
        ({"at_least": 90}, "`at_least=90` is about the systems"),
        ({"best_by": "wa"}, "`best_by='wa'` is about the systems"),
        ({"search": 2, "at_least": 0.9}, "`at_least=0.9`: give percent, from 1 to 100"),
        ({"search": 2, "at_least": float("nan")}, "give percent"),
        ({"search": 2, "select_on": "train"}, "`select_on='train'`"),
    ],
)
def test_settings_of_a_search_that_can_not_be_used(systems, options, message):
    with pytest.raises(featx.FeatxError) as caught:
        featx.vote(systems, **options)
    assert message in str(caught.value)
    assert not Path("runs").exists()


def test_runs_of_different_searches_have_different_names(systems):
    names = [
        featx.vote(systems, search=2, **options).folder.name
        for options in ({}, {"select_on": "test"}, {"at_least": 30}, {"best_by": "wa"})
    ]
    assert names[0] == "vote-hard-s0+s1+s2+s3-search-2"
    assert names[1].endswith("-search-2-on-test")
    assert len(set(names)) == 4
