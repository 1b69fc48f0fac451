"""Systems below `at_least` are not chosen from, and are listed."""

from pathlib import Path

import pytest
from sklearn.metrics import accuracy_score, recall_score

from .conftest import found, read, refusal, vote


@pytest.mark.parametrize(
    ("by", "metric"),
    [
        ("uar", lambda labels, said: recall_score(labels, said, average="macro")),
        ("wa", accuracy_score),
    ],
)
def test_systems_below_at_least_can_not_be_chosen_and_are_listed(six, by, metric):
    scores = {}
    for path in six:
        labels, said = zip(*((row["label"], row["prediction"]) for row in read(path)), strict=True)
        scores[path.stem] = 100 * metric(labels, said)
    least = sorted(scores.values())[2]
    below = {name: score for name, score in scores.items() if score < least}
    results = vote(six, search=(3,), select_on="test", at_least=least, best_by=by)
    listed = {item["name"]: item[by] for item in found()["selection"]["left_out"]}
    assert listed == pytest.approx(below)
    assert not set(below) & set(found()["search"][0]["members"].split("; "))
    text = Path("vote/report.txt").read_text()
    assert all(f"{name} ({score:.2f} %)" in text for name, score in below.items())
    assert any(remark.startswith("Left out, having less than") for remark in results.remarks)
    message = refusal(six, search=(3, 5), select_on="test", at_least=least, best_by=by)
    assert f"leaves {6 - len(below)} of 6 systems by their" in message
    assert all(f"{name} ({score:.2f} %)" in message for name, score in below.items())


def test_at_least_is_asked_of_each_folds_own_validation_rows(systems):
    message = refusal(systems, search=(2,), at_least=95)
    assert "leaves 0 of 4 systems by their UAR on the validation data of fold 0, and" in message
    assert "Left out: s1 (75.00 %), s0 (72.22 %), s2 (72.22 %), s3 (55.56 %)." in message
    results = vote(systems, search=(2,), at_least=60)
    (line,) = (remark for remark in results.remarks if remark.startswith("Left out"))
    left_out = found()["selection"]["left_out"]
    assert {(item["fold"], item["name"]) for item in left_out} >= {("0", "s3"), ("1", "s3")}
    assert "s3 (in 2 of 2 folds)" in line
    for pick in (pick for pick in found()["search"] if pick["votes"]):
        below = {item["name"] for item in left_out if item["fold"] == pick["fold"]}
        assert not below & set(pick["members"].split("; "))
