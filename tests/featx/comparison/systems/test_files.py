"""Files become systems and seeds."""

from pathlib import Path

import numpy as np
import pytest

from featx.comparison.evaluate import evaluate
from tests.featx.comparison.predicted import only, predict, refusal, write


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
