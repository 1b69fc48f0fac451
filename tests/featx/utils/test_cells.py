"""What spreadsheets take for formulas is written as text, and read as it was."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx.data.manifest import Utterance, load_manifest, save_manifest
from featx.errors import FeatxError
from featx.utils.cells import guard, unguard
from featx.utils.csv_files import read_lines
from featx.utils.files import csv_line, write_csv

STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
formula_like = st.builds(
    lambda marks, start, rest: "'" * marks + start + rest,
    st.integers(0, 3), st.sampled_from(STARTS), st.text(max_size=8),
)  # fmt: skip
cell = st.one_of(st.text(max_size=8), formula_like)


@given(st.lists(cell, min_size=1))
def test_every_row_is_read_as_it_was_written(cells):
    (read,) = csv.reader(io.StringIO(csv_line(cells), newline=""), strict=True)
    assert unguard(read) == cells


@given(formula_like)
def test_no_text_begins_like_a_formula(text):
    written = guard(text)
    assert written[0] == "'" or float(written) == float(text)


@pytest.mark.parametrize("number", [-1, -0.5, 3, "-0.3", "+5", "-1e-7", "-.5", "2"])
def test_numbers_stay_numbers(number):
    assert guard(number) == number


@pytest.mark.parametrize(
    "text", ["=1+1", "-1+1", "+49 30", "@SUM(A1)", "-1_000", "-inf", "-", "\t"]
)
def test_other_text_does_not(text):
    assert guard(text) == f"'{text}"
    assert unguard([f"'{text}"]) == [text]


@pytest.mark.parametrize("text", ["", "it's", "'quoted'", "a=b", "3-4", "'", "''"])
def test_what_is_no_formula_stays_as_it_is(text):
    assert guard(text) == text
    assert unguard([text]) == [text]


def test_a_file_of_ours_comes_back(tmp_path):
    rows = [["utterance", "=label"], ["=HYPERLINK(1)", "-a"], ["'=a", "-3"], ["x", "'-3"]]
    write_csv(tmp_path / "a.csv", rows[0], rows[1:])
    assert "\n=" not in (tmp_path / "a.csv").read_text()
    assert [fields for _, fields in read_lines(tmp_path / "a.csv")] == rows


def test_a_manifest_comes_back(workplace, write_corpus):
    audio = load_manifest(write_corpus(speakers=1, takes=1)).utterances[0].path
    named = audio.rename(workplace / "-a.wav")
    rows = [
        Utterance("=1+1", named, "@anna", "-sad", extra={"=note": "+x", "valence": "-0.5"}),
        Utterance("-1", named, "-2", "+happy", start=0.1, extra={"=note": "", "valence": "3"}),
    ]
    save_manifest(Path("other.csv"), rows)
    header, first, second = Path("other.csv").read_text().splitlines()
    assert header == "utterance,path,speaker,label,start,'=note,valence"
    assert first == "'=1+1,'-a.wav,'@anna,'-sad,,'+x,-0.5"
    assert second.startswith("-1,'-a.wav,-2,'+happy,0.1,")
    assert list(load_manifest(Path("other.csv")).utterances) == rows


def test_a_folder_is_no_csv(tmp_path):
    with pytest.raises(FeatxError, match="is a folder, and a CSV file is needed"):
        read_lines(tmp_path)
