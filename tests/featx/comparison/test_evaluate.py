"""Files become systems and seeds; scores are those of their rows."""

import csv
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

LABELS = {"a": "sad", "b": "happy", "c": "sad", "d": "happy", "e": "angry", "f": "angry"}
SPEAKERS = {name: f"s{number // 2}" for number, name in enumerate(LABELS)}


def write(path: str | Path, rows: list[dict[str, object]]) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def predict(names: str = "abcdef", wrong: str = "", **columns: object) -> list[dict[str, object]]:
    """Rows whose predictions are right, but "sad" for those in `wrong`."""
    return [
        {
            "utterance": name,
            "label": LABELS[name],
            "prediction": "sad" if name in wrong else LABELS[name],
            **columns,
        }
        for name in names
    ]


def only(*paths: str | Path, manifest: Path | None = None):
    (system,) = evaluate([Path(path) for path in paths], manifest).systems
    return system


def refusal(*paths: str, manifest: Path | None = None) -> str:
    with pytest.raises(FeatxError) as caught:
        evaluate([Path(path) for path in paths], manifest)
    return str(caught.value)


def test_files_with_the_same_utterances_are_seeds(workplace):
    write("sys/one.csv", predict())
    write("sys/two.csv", predict("fedcba", wrong="be"))  # the order does not matter
    results = only("sys").results
    assert results.seeds == 2
    assert results.scores["uar"].mean == pytest.approx((100 + 200 / 3) / 2)
    assert results.scores["uar"].std == pytest.approx(np.std([100, 200 / 3], ddof=1))
    assert results.confusion.sum() == 12


def test_files_without_common_utterances_are_folds_scored_together(workplace):
    write("sys/0.csv", predict("abc", wrong="b"))
    write("sys/1.csv", predict("def"))
    system = only("sys")
    assert system.results.seeds == 1
    assert system.results.scores["uar"].mean == pytest.approx(100 * (1 + 0.5 + 1) / 3)
    assert system.to_json()["uar"]["std"] is None


def test_folds_of_several_seeds_are_paired_by_name_and_said_so(workplace):
    for seed, wrong in (("1", ""), ("2", "bdef")):
        write(f"sys/seed{seed}-fold0.csv", predict("abc", wrong))
        write(f"sys/seed{seed}-fold1.csv", predict("def", wrong))
    system = only("sys")
    assert system.results.seeds == 2
    assert system.results.scores["uar"].std == pytest.approx(np.std([100, 100 / 3], ddof=1))
    assert "order of their files' names" in "\n".join(system.notes)


def test_a_fold_that_a_seed_lacks_is_an_error(workplace):
    for name, utterances in (("s1f0", "abc"), ("s1f1", "def"), ("s2f0", "abc")):
        write(f"sys/{name}.csv", predict(utterances))
    assert "Every seed must have every fold" in refusal("sys")


def test_utterances_that_overlap_in_part_are_an_error(workplace):
    write("sys/one.csv", predict("abcd"))
    write("sys/two.csv", predict("cdef"))
    message = refusal("sys")
    assert "sys/one.csv and sys/two.csv share some utterances but not all" in message
    assert "both have 'c', only sys/one.csv has 'a'" in message


def test_a_seed_column_sorts_rows_of_any_files(workplace):
    write("sys/a.csv", predict("abc", seed=1) + predict("abc", "b", seed=2))
    write("sys/b.csv", predict("def", seed=1) + predict("def", "d", seed=2))
    system = only("sys")
    assert system.results.seeds == 2
    assert system.results.scores["wa"].mean == pytest.approx(100 * 10 / 12)
    assert not system.notes


def test_one_seed_value_in_files_with_the_same_utterances_means_different_seeds(workplace):
    write("sys/a.csv", predict(seed=0))
    write("sys/b.csv", predict(seed=0, wrong="b"))
    assert only("sys").results.seeds == 2


def test_seeds_must_cover_the_same_utterances_with_the_same_labels(workplace):
    write("sys/a.csv", predict(seed=1) + predict("abcd", seed=2))
    message = refusal("sys")
    assert "sys/a.csv, seed 2 lacks 2 utterances that sys/a.csv, seed 1 has: 'e', 'f'" in message
    rows = predict()
    rows[0]["label"] = "angry"
    write("other/a.csv", predict())
    write("other/b.csv", rows)
    message = refusal("other")
    assert "1 utterance with another label in other/b.csv than in other/a.csv" in message
    assert "'a': 'angry', not 'sad'" in message


def test_speakers_that_differ_between_seeds_are_an_error(workplace):
    write("sys/a.csv", predict(speaker="s1"))
    write("sys/b.csv", predict(speaker="s2"))
    assert "another speaker in sys/b.csv" in refusal("sys")


def test_a_seed_column_in_some_files_only_is_an_error(workplace):
    write("sys/a.csv", predict(seed=1))
    write("sys/b.csv", predict())
    assert "sys/a.csv has a seed column and sys/b.csv beside it has none" in refusal("sys")


def test_folders_are_systems_by_their_shortest_names(workplace):
    for folder in ("x/dense", "y/dense", "y/lstm"):
        write(f"{folder}/seed.csv", predict())
    systems = evaluate([Path("x"), Path("y"), Path("x/dense/seed.csv")]).systems
    assert [system.name for system in systems] == ["x/dense", "y/dense", "lstm"]
    assert all(system.results.seeds == 1 for system in systems)  # a file counts once


def test_of_a_run_folder_only_its_predictions_count(workplace):
    write("runs/done/predictions.csv", predict(split="test") + predict(split="validation"))
    write("runs/done/history.csv", [{"seed": 0, "epoch": 1}])
    write("runs/.done.new/predictions.csv", predict(wrong="abcdef"))
    system = only("runs")
    assert system.name == "done"
    assert system.results.scores["uar"].mean == 100
    assert "6 rows of the training or validation part left out." in system.notes


def test_a_run_that_is_not_finished_is_not_left_out_in_silence(workplace):
    write("runs/done/predictions.csv", predict())
    write("runs/unfinished/history.csv", [{"seed": 0, "epoch": 1}])
    Path("runs/unfinished/config.toml").touch()
    assert "runs/unfinished: a run that is not finished" in refusal("runs")


def test_what_is_no_prediction_file_is_told(workplace):
    Path("empty").mkdir()
    assert "empty: no run and no CSV file in it" in refusal("empty")
    assert "gone.csv: no such file or folder" in refusal("gone.csv")


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
