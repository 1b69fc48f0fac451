"""Anybody's table is read as it was written, whatever its separator and encoding, or refused."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx.data.corpora.csv import find_csv
from featx.data.listing.files import CorpusError
from tests.featx.data.listing.tables.written import COLUMNS, write


@pytest.fixture
def root(fill) -> Path:
    return fill("wav/1.wav", "wav/2.wav")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_separators_and_marks_of_unicode_are_seen_and_said(root, separator, encoding):
    path = write(root / "t.csv", separator=separator)
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    found = find_csv(path, COLUMNS)
    assert [u.label for u in found.utterances] == ["fröhlich", "müde"]
    assert found.utterances[0].extra == {"text": "a; b"}
    assert len(found.notes) == 1 + encoding.startswith(("utf-16", "utf-32"))


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        (lambda text: text, "path=file,label=emotion"),
        (lambda text: "sep=;\r\n" + text.replace(",", ";"), "path=file,label=emotion"),
        (lambda text: text.replace("\r\n", ",,\r\n").replace("text,,", "text"), COLUMNS),
        (lambda text: "\r\n" + text + ",,,\r\n\r\n", COLUMNS),
    ],
)
def test_tables_as_spreadsheets_save_them(root, change, columns):
    path = write(root / "t.csv", [("wav/1.wav", "sad", "anna", "x"), ("wav/2.wav", "sad", "", "y")])
    path.write_text(change(path.read_text()), "utf-8")
    assert [u.extra["text"] for u in find_csv(path, columns).utterances] == ["x", "y"]


def test_other_encodings_are_shown_and_taken_when_named(root):
    path = write(root / "t.csv")
    path.write_bytes(path.read_text("utf-8").encode("latin-1"))
    with pytest.raises(CorpusError, match=r"line 2 is not utf-8.*") as caught:
        find_csv(path, COLUMNS)
    assert "`encoding=cp1252` reads 'wav/1.wav,fröhlich," in str(caught.value)
    assert "`encoding=cp1251`" in str(caught.value)
    found = find_csv(path, COLUMNS, encoding="latin-1")
    assert [u.label for u in found.utterances] == ["fröhlich", "müde"]


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        ("file;emotion\n".encode("utf-16-le"), None, "If it is UTF-16, give `encoding=utf-16-le`"),
        ("file;emotion\n".encode("utf-16-be"), None, "give `encoding=utf-16-be`"),
        ("file,emotion\n".encode("utf-16"), "latin-1", "begins as utf-16 does"),
        (b"file,emotion\n", "latin-11", "no such encoding"),
        (b"file,emotion\n", "hex", "no such encoding"),
        (b"file,emotion\n\xff\xfe", "ascii", "line 2 is not ascii"),
        (b"PK\x03\x04rest", None, "is an Excel workbook"),
        (b"\x80\x04rest", None, "is a pickle"),
        (b"RIFFrest", None, "is audio"),
        (b"", None, "is empty"),
        (b"file,emotion\n", None, "is empty"),
        (b"a/1.wav,sad\nb.wav,sad\n", None, "its first line holds a file, 'a/1.wav'"),
        (b"file,file,emotion\n1,2,3\n", None, "several columns are named 'file'"),
        (b'file,emotion\n"1.wav,sad\n', None, "is not CSV"),
        (b"file,emotion\n1.wav,sad,x\n", None, "line 2: 3 fields where the header names 2"),
        (b"a;b,c\n1;2,3\n", None, "may be separated by commas or semicolons; give `separator`"),
    ],
)
def test_what_is_no_table_is_said(root, content, encoding, message):
    (root / "t.csv").write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        find_csv(root / "t.csv", "path=file,label=emotion", encoding=encoding)


def test_utf8_read_as_something_else_is_a_warning(root, caplog):
    found = find_csv(write(root / "t.csv"), COLUMNS, encoding="cp1252")
    assert found.utterances[0].label == "frÃ¶hlich"
    assert not found.notes
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert warning.getMessage().startswith("Warning: t.csv is read as cp1252, but is UTF-8")
    assert "fröhlich" in warning.getMessage()


@pytest.mark.parametrize("ending", ["json", "jsonl", "ndjson"])
def test_json_is_a_table_too(root, ending):
    rows = [{"path": "wav/1.wav", "label": "sad", "age": 7}, {"path": "wav/2.wav", "label": "😀"}]
    lines = [json.dumps(row) for row in rows]
    text = json.dumps(rows, indent=1) if ending == "json" else "\n".join(lines)
    (root / f"t.{ending}").write_text(text)
    found = find_csv(root / f"t.{ending}")
    assert [(u.label, u.extra["age"]) for u in found.utterances] == [("sad", "7"), ("😀", "")]
    (root / "t.jsonl").write_text("[3]")
    with pytest.raises(CorpusError, match="row 1 is no object"):
        find_csv(root / "t.jsonl")
    (root / "t.jsonl").write_text('{"path": 1}\n{')
    with pytest.raises(CorpusError, match="line 2 is not JSON"):
        find_csv(root / "t.jsonl")


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r\n\x85\u2028\u2029"), max_size=8
)


@given(
    rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=4),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_table_is_read_as_it_was_written(tmp_path_factory, rows, separator, encoding):
    folder = tmp_path_factory.getbasetemp()
    (folder / "1.wav").touch()
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(["utterance", "path", "label", "text"])
    writer.writerows([str(i), "1.wav", *row] for i, row in enumerate(rows))
    (folder / "t.csv").write_bytes(text.getvalue().encode(encoding))
    found = find_csv(folder / "t.csv")
    assert [(u.label, u.extra["text"]) for u in found.utterances] == [
        (label.strip(), words.strip()) for label, words in rows
    ]


@given(st.binary(max_size=60))
def test_any_file_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"any\.csv"):
        find_csv(path, "path=file,label=emotion")


def test_columns_without_a_name_are_counted_if_they_hold_something(root):
    rows = [("0", "wav/1.wav", "sad", "x", ""), ("1", "wav/2.wav", "sad", "", "")]
    write(root / "t.csv", rows, ("", "path", "label", "", ""))
    found = find_csv(root / "t.csv")
    assert "t.csv: left out 1 column without a name" in found.notes
    assert not found.utterances[0].extra


@pytest.mark.parametrize("line", ["wav/1.wav sad anna", "wav/1.wav,sad", "wav/1.wav"])
def test_a_first_line_without_names_is_said(root, line):
    (root / "t.txt").write_text(f"{line}\n{line}\n", "utf-8")
    with pytest.raises(CorpusError, match="its first line holds a file"):
        find_csv(root / "t.txt")
