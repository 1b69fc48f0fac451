"""Scores by columns of a manifest, which a run's config names or which is given."""

import json
from pathlib import Path

import pytest

from featx.comparison.evaluate import evaluate
from featx.errors import FeatxError
from featx.scoring.groups.grouping import FEWEST_SPEAKERS
from tests.featx.comparison.predicted import write

LABELS = ("happy", "sad")
SPEAKERS = [f"s{number}" for number in range(8)]
EACH = 10  # utterances of a speaker


def listing(**columns: object) -> list[dict[str, object]]:
    """The rows of a manifest: of the eight speakers, the even ones are women."""
    return [
        {
            "utterance": f"{speaker}-{number}",
            "label": LABELS[number % 2],
            "speaker": speaker,
            "sex": ("female", "male")[place % 2],
            "intensity": ("normal", "strong")[number // 2 % 2],
            **columns,
        }
        for place, speaker in enumerate(SPEAKERS)
        for number in range(EACH)
    ]


def predict(wrong: int = 2) -> list[dict[str, object]]:
    """Right but for the first utterances of the men."""
    rows = []
    for row in listing():
        number = int(str(row["utterance"]).split("-")[1])
        told = row["label"]
        if row["sex"] == "male" and number < wrong:
            told = LABELS[1 - LABELS.index(str(told))]
        named = {key: row[key] for key in ("utterance", "label", "speaker")}
        rows.append({**named, "prediction": told})
    return rows


def write_run(name: str = "runs/r", rows: list[dict[str, object]] | None = None) -> Path:
    """Write what is left of a run on m.csv."""
    path = write(f"{name}/predictions.csv", rows or predict()).parent
    (path / "metrics.json").write_text(evaluate(path / "predictions.csv").to_json())
    (path / "config.toml").write_text('manifest = "m.csv"\n')
    return path


def refusal(*paths: str | Path, **asked) -> str:
    with pytest.raises(FeatxError) as caught:
        evaluate(paths, **asked)
    return str(caught.value)


def test_the_manifest_of_a_run_is_found(workplace):
    write("m.csv", listing())
    (system,) = evaluate(write_run(), by="sex").systems
    (sex,) = system.results.groups
    assert [(g.value, g.utterances, g.speakers, len(g.classes)) for g in sex.groups] == [
        ("female", 40, 4, 2),
        ("male", 40, 4, 2),
    ]
    assert [g.scores["uar"].mean for g in sex.groups] == pytest.approx([100, 80])
    gap = sex.gaps["uar"]
    assert (gap.higher, gap.lower, gap.paired) == ("female", "male", False)
    assert gap.difference.mean == pytest.approx(20)


def test_several_columns_are_told_in_order_and_once(workplace):
    write("m.csv", listing())
    evaluation = evaluate(write_run(), by=["intensity", "sex", "intensity"])
    found = json.loads(evaluation.to_json())["groups"]
    assert [each["column"] for each in found] == ["intensity", "sex"]
    assert found[0]["largest_gaps"]["uar"]["paired"]
    text = evaluation.to_text()
    assert text.index("by intensity") < text.index("by sex")
    html = evaluation._repr_html_()
    assert html.count("female") >= 1
    assert html.count("strong") >= 1


def test_files_of_others_need_a_manifest(workplace):
    manifest = write("m.csv", listing())
    write("theirs/a.csv", predict())
    assert "theirs: no run, so what `by` names is unknown. Give `manifest`" in refusal(
        "theirs", by="sex"
    )
    (system,) = evaluate("theirs", manifest, by="sex").systems
    assert len(system.results.groups) == 1


def test_a_manifest_that_is_gone_is_asked_for(workplace):
    write_run()
    assert "its manifest is not where its config says" in refusal("runs", by="sex")


def test_an_unknown_column_is_told_with_those_there_are(workplace):
    write("m.csv", listing())
    message = refusal(write_run(), by="gender")
    assert "m.csv has no such column; there is " in message
    for column in ("sex", "intensity", "speaker", "label"):
        assert column in message


def test_what_a_manifest_does_not_say_is_refused(workplace):
    write("m.csv", listing(text="")[:-3])
    run = write_run()
    message = refusal(run, by="sex")
    assert "r: 3 utterances of 80 not in " in message
    assert "m.csv, such as 's7-7'. Give `manifest`" in message
    write("m.csv", listing(text=""))
    assert "m.csv says nothing of the tested utterances in that column" in refusal(run, by="text")


def test_columns_of_too_many_values_are_refused(workplace):
    rows = [{**row, "number": place} for place, row in enumerate(listing() + listing())]
    others = [{**row, "utterance": f"other-{place}"} for place, row in enumerate(rows[80:])]
    write("m.csv", rows[:80] + others)
    (system,) = evaluate(write_run(), by="number").systems  # 80 that are tested
    (scores,) = system.results.groups
    assert not scores.gaps
    long = predict() + [{**row, "utterance": f"other-{n}"} for n, row in enumerate(predict())]
    write_run(rows=long)
    message = refusal("runs", by="number")
    assert "`by=number`: 160 different values; groups take a column of at most 100" in message


def test_groups_of_few_speakers_are_shown_and_marked(workplace):
    rows = [{**row, "site": "b" if row["speaker"] in SPEAKERS[:2] else "a"} for row in listing()]
    write("m.csv", rows)
    evaluation = evaluate(write_run(), by="site")
    (scores,) = evaluation.systems[0].results.groups
    first, second = scores.groups
    assert first.compared
    assert not second.compared
    assert FEWEST_SPEAKERS > second.speakers == 2
    assert not scores.gaps
    assert "b: only 2 speakers" in " ".join(evaluation.to_text().split())


def test_several_systems_have_a_table_each(workplace):
    write("m.csv", listing())
    write_run("runs/one")
    write_run("runs/two")
    evaluation = evaluate("runs", by="sex")
    text = evaluation.to_text()
    assert text.count("Largest gap in UAR by sex") == 2
    assert evaluation._repr_html_().count("female") >= 2
    found = json.loads(evaluation.to_json())["systems"]
    assert all(found[name]["groups"] for name in ("one", "two"))
