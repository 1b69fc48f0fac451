"""Prediction files are read whole, and every fault in one is told with its line."""

from dataclasses import astuple
from pathlib import Path

import pytest

from featx.errors import FeatxError
from featx.scoring.classes.predictions import read_predictions
from featx.scoring.predictions import read_speakers


@pytest.fixture
def write(tmp_path):
    def write(*lines: str) -> Path:
        path = tmp_path / "predictions.csv"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return write


def refusal(path: Path) -> str:
    with pytest.raises(FeatxError) as caught:
        read_predictions(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_rows_are_trimmed_and_other_columns_ignored(write):
    file = read_predictions(
        write("prediction,utterance,label,mood", " sad ,a, happy,x", "", "b,b,b,")
    )
    assert [astuple(row) for row in file.rows] == [
        ("a", "happy", "sad", "", ""),
        ("b", "b", "b", "", ""),
    ]
    assert not file.has_seeds


def test_only_test_rows_are_scored(write):
    path = write(
        *("utterance,label,prediction,split", "a,x,x,test", "a,x,y,validation"),
        *("b,x,x,train", "c,x,y,"),
    )
    file = read_predictions(path)
    assert [row.utterance for row in file.rows] == ["a", "c"]
    assert file.left_out == 2


def test_without_test_rows_there_is_nothing_to_score(write):
    path = write("utterance,label,prediction,split", "a,x,x,train", "b,x,x,validation")
    assert "none of its 2 rows is of the test part" in refusal(path)


def test_predictions_against_their_probabilities_are_counted(write):
    path = write(
        *("utterance,label,prediction,p_x,p_y", "a,x,x,0.5,0.5", "b,x,x,0.4,0.6"),
        *("c,x,y,0.4,0.6", "d,x,z,0.4,0.6"),  # z has no probability
    )
    assert read_predictions(path).contradicted == 2


def test_an_utterance_can_be_there_once_a_seed(write):
    header = "utterance,label,prediction,seed"
    assert len(read_predictions(write(header, "a,x,x,1", "a,x,x,2")).rows) == 2
    message = refusal(write(header, "a,x,x,1", "b,x,x,1", "a,x,x,1"))
    assert "line 4: utterance 'a' is already on line 2 for seed '1'" in message


def test_all_problems_are_told_at_once(write):
    path = write(
        *("utterance,label,prediction,split,p_x", "a,,x,,1", "b,x,,dev,1", "a,x,x,,1"),
        *("c,x,,,1", "d,x,x,,much", "e,x", ",x,x,,nan"),
    )
    message = refusal(path)
    for line in (
        "line 2: label is empty",
        "line 3: split is 'dev'; it can be train, validation, test or empty",
        "line 4: utterance 'a' is already on line 2",
        "line 5: prediction is empty",
        "line 6: p_x is 'much', not a number",
        "line 7: 2 fields where the header names 5",
        "line 8: utterance is empty",
        "line 8: p_x is 'nan', not a number",
    ):
        assert line in message


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["utterance,labels,prediction", "a,x,x"], "column 'label' is missing (is it 'labels'?)"),
        (["name,label", "a,x"], "there are: name, label"),
        (["utterance;label;prediction", "a;x;x"], "semicolon-separated"),
        (["utterance,label,prediction,label", "a,x,x,x"], "2 columns are named 'label'"),
        (["utterance,label,prediction"], "no rows below the header"),
        ([""], "is empty; its first line must name columns: utterance,label,prediction"),
        (["utterance,label,prediction", 'a,"x,x'], "line 2 is not CSV"),
    ],
)
def test_files_that_are_no_predictions(write, lines, message):
    assert message in refusal(write(*lines))


def test_other_encodings_and_missing_files(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("utterance,label,prediction\na,x,x\nb,für,für\n".encode("latin-1"))
    assert "line 3 is not UTF-8" in refusal(path)
    assert "can't be read (No such file" in refusal(tmp_path / "none.csv")


def test_many_problems_of_a_kind_are_cut(write):
    message = refusal(write("utterance,label,prediction", *("a,,x" for _ in range(50))))
    assert "... and 30 more rows without label" in message


def test_speakers_come_from_a_manifest_without_its_audio(write):
    path = write("utterance,path,speaker,label", "a,none.wav,s1,x", "b,none.wav,,x")
    assert read_speakers(path) == {"a": "s1", "b": ""}
    with pytest.raises(FeatxError, match="line 3: utterance 'a' is already on line 2"):
        read_speakers(write("utterance,speaker", "a,s1", "a,s2"))
