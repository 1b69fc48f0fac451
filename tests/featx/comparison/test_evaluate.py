"""Scores are those of the rows, and notes say what a reader of them must know."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, recall_score

from featx.comparison.evaluate import evaluate
from featx.errors import FeatxError
from tests.featx.comparison.predicted import SPEAKERS, only, predict, refusal, write


def test_without_speakers_the_interval_is_over_utterances_and_says_so(workplace):
    write("sys/a.csv", predict(wrong="b"))
    text = only("sys").to_text()
    assert "95 % over utterances" in text
    assert "too narrow" in text
    assert "Speaker-dependent" not in text
    assert only("sys").to_json()["resampled"] == "utterances"


def test_a_speaker_column_and_a_manifest_tell_the_same(workplace):
    rows = predict(wrong="bc")
    write("without/a.csv", rows)
    write("with/a.csv", [{**row, "speaker": SPEAKERS[str(row["utterance"])]} for row in rows])
    listed = [{"utterance": name, "speaker": speaker} for name, speaker in SPEAKERS.items()]
    manifest = write("m.csv", listed)
    named, looked_up = only("with"), only("without", manifest=manifest)
    assert named.results.scores == looked_up.results.scores
    assert named.results.speakers == looked_up.results.speakers == 3
    assert "95 % over speakers" in named.to_text()
    assert "Speakers are unknown" not in named.to_text()
    both = only("with", manifest=write("m.csv", [{**row, "speaker": "one"} for row in listed]))
    assert both.results.speakers == 3
    assert "not from the manifest" in "\n".join(both.notes)


def test_utterances_that_the_manifest_lacks_are_counted(workplace):
    write("sys/a.csv", predict())
    manifest = write("m.csv", [{"utterance": "a", "speaker": "s1"}])
    assert "sys: 5 utterances of 6 not in the manifest, such as 'b'" in refusal(
        "sys", manifest=manifest
    )


def test_utterances_without_a_speaker_count_as_speakers_of_their_own(workplace):
    rows = [{**row, "speaker": "s1" if row["utterance"] in "ab" else ""} for row in predict()]
    write("sys/a.csv", rows)
    assert "4 utterances without a speaker" in "\n".join(only("sys").notes)


def test_a_class_that_is_only_predicted_keeps_its_column(workplace):
    rows = predict()
    rows[0]["prediction"] = "bored"
    write("sys/a.csv", rows)
    system = only("sys")
    assert system.results.classes == ["happy", "sad", "angry", "bored"]
    assert system.results.confusion[:, 3].sum() == 1
    assert system.results.scores["uar"].mean == pytest.approx(100 * 2.5 / 3)
    assert "no utterance's label: bored" in "\n".join(system.notes)
    chance = next(line for line in system.to_text().splitlines() if "chance UAR" in line)
    assert "33.3 %" in chance


def test_predictions_against_probabilities_are_noted(workplace):
    write("sys/a.csv", predict("abc", p_sad=0.9, p_happy=0.1))
    assert "1 row with another prediction" in only("sys").notes[0]


def test_systems_on_different_utterances_are_told_apart(workplace):
    write("x/a.csv", predict())
    write("y/a.csv", predict("abc"))
    assert "different utterances or labels" in evaluate([Path("x"), Path("y")]).to_text()
    assert "different utterances" not in evaluate([Path("x"), Path("x")]).to_text()


rows = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from("wxyz"), st.sampled_from(["", "s", "t"])),
    min_size=1,
    max_size=30,
)


@settings(max_examples=50)
@given(rows)
def test_scores_agree_with_scikit_learn(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("system") / "a.csv"
    names = ("label", "prediction", "speaker")
    write(
        path,
        [{"utterance": n, **dict(zip(names, row, strict=True))} for n, row in enumerate(table)],
    )
    found = json.loads(evaluate([path]).to_json())
    true, predicted, _ = zip(*table, strict=True)
    assert found["wa"]["mean"] == pytest.approx(100 * accuracy_score(true, predicted))
    f1 = f1_score(true, predicted, average="macro", zero_division=0)
    assert found["macro_f1"]["mean"] == pytest.approx(100 * f1)
    present = sorted(set(true))
    recall = recall_score(true, predicted, labels=present, average="macro", zero_division=0)
    assert found["uar"]["mean"] == pytest.approx(100 * recall)
    assert found["uar"]["low"] <= found["uar"]["high"]
    assert np.sum(found["confusion"]) == len(table)


def test_a_notebook_shows_a_row_for_each_system_and_all_notes(workplace):
    write("<one>/predictions.csv", predict("abcd", wrong="b"))
    write("two/predictions.csv", predict())
    shown = evaluate(["<one>", "two"])._repr_html_()
    assert shown.count("<table>") == 1
    assert shown.count("<tr>") == 3
    assert "&lt;one&gt;" in shown
    assert "<one>" not in shown
    assert "<p>The systems were scored on different utterances or labels.</p>" in shown
    alone = evaluate("two")
    assert alone._repr_html_().startswith(alone.systems[0].results._repr_html_())
    assert all(note in alone._repr_html_() for note in alone.systems[0].notes)


def test_what_a_run_says_of_itself_is_repeated(workplace):
    path = write("runs/one/predictions.csv", predict())
    write("other.csv", predict())
    results = replace(
        only(path).results, speakers_shared=True, remarks=["TOO GOOD: really.", "So."]
    )
    path.with_name("metrics.json").write_text(json.dumps(results.to_json()))
    alone = only("runs/one")
    assert alone.results.notes() == results.notes()
    assert all(note in alone.to_json()["notes"] for note in results.notes())
    assert "TOO GOOD: really.\nSo.\nSpeaker-dependent: " in alone.to_text()
    both = evaluate(["runs/one", "other.csv"])
    for shown in (both.to_text(), both._repr_html_()):  # of several, the warnings
        assert "one: TOO GOOD: really." in shown
        assert "So." not in shown
    write("runs/one/more.csv", predict())
    assert not only("runs/one/more.csv").results.remarks  # not the run's predictions


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("u2,sad,sad,0.5,0.5,0.5,0.7", "line 3: the true_p_ columns add up to 1.2, not to 1"),
        ("u2,sad,sad,0.5,0.5,half,0.5", "line 3: a true_p_ column is not a number"),
        ("u2,calm,sad,0.5,0.5,0.5,0.5", "there is no column true_p_calm"),
        ("u2,sad,sad,0.5,0.5,0.5,0.5", ""),
    ],
)
def test_votes_in_a_file_are_scored_or_refused_with_their_line(workplace, row, words):
    head = "utterance,label,prediction,p_happy,p_sad,true_p_happy,true_p_sad"
    Path("voted.csv").write_text("\n".join([head, "u1,happy,happy,1,0,1,0", row]))
    if words:
        with pytest.raises(FeatxError, match=re.escape(words)):
            evaluate("voted.csv")
        return
    votes = evaluate("voted.csv").systems[0].results.votes
    assert (votes.jensen_shannon.mean, votes.top2.mean) == (0, 100)
