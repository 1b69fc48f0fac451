"""Anybody's table: any names of columns, separators and encodings, and paths of any kind."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import featx
from featx.data.corpora.csv import find_csv
from featx.data.listing.files import CorpusError

COLUMNS = "path=file,label=emotion,speaker=spk"
ROWS = [("wav/1.wav", "fröhlich", "anna", "a; b"), ("wav/2.wav", "müde", "bert", "")]


@pytest.fixture
def root(fill) -> Path:
    return fill("wav/1.wav", "wav/2.wav")


def write(path: Path, rows=ROWS, header=("file", "emotion", "spk", "text"), separator=",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([header, *rows])
    path.write_text(text.getvalue(), "utf-8")
    return path


def test_columns_are_named_and_the_others_kept(root):
    found = find_csv(write(root / "t.csv"), COLUMNS)
    assert [(u.utterance, u.label, u.speaker, dict(u.extra)) for u in found.utterances] == [
        ("wav/1", "fröhlich", "anna", {"text": "a; b"}),
        ("wav/2", "müde", "bert", {"text": ""}),
    ]
    assert [u.path for u in found.utterances] == [root / "wav/1.wav", root / "wav/2.wav"]
    assert not found.notes
    mapping = {"path": "file", "label": "emotion", "speaker": "spk"}
    assert find_csv(root / "t.csv", mapping) == found


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_separators_and_marks_of_unicode_are_seen_and_said(root, separator, encoding):
    path = write(root / "t.csv", separator=separator)
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    found = find_csv(path, COLUMNS)
    assert [u.label for u in found.utterances] == ["fröhlich", "müde"]
    assert found.utterances[0].extra == {"text": "a; b"}
    assert len(found.notes) == 1 + encoding.startswith(("utf-16", "utf-32"))


def test_a_scale_of_the_table_is_kept(root):
    path = root / "t.csv"
    path.write_text("path,label,scale\nwav/1.wav,a,32768\nwav/2.wav,b,\n")
    assert [u.scale for u in find_csv(path).utterances] == [32768, None]
    path.write_text("path,label,scale\nwav/1.wav,a,large\n")
    with pytest.raises(CorpusError, match=r"line 2: scale is 'large', not a number"):
        find_csv(path)


def test_sex_is_a_column_that_can_be_named(root):
    columns = {"path": "file", "label": "emotion", "sex": "text"}
    found = find_csv(write(root / "t.csv"), columns)
    assert [u.extra["sex"] for u in found.utterances] == ["a; b", ""]


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


def test_advice_on_the_folder_is_for_files_that_are_missing(root):
    write(root / "t.csv", [("wav/1.wav", "sad", "eval")], ("path", "label", "split"))
    with pytest.raises(CorpusError, match="write train, validation, test, or nothing") as caught:
        find_csv(root / "t.csv")
    assert "Give `audio`" not in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (None, r"which column is the path and which the label\? There are: file, emotion, spk"),
        (None, "`columns=path=file,label=emotion`"),
        ("path=file", "which column is the label"),
        (
            "path=file,label=emotions",
            r"no column 'emotions' \(is it 'emotion'\?\); there are: file",
        ),
        ("file", "must be NAME=COLUMN"),
        ("path=file,lable=emotion", "no column 'lable' of its own; did you mean 'label'"),
        ("path=file,path=text,label=emotion", "path is already 'file'"),
    ],
)
def test_wrong_columns_list_what_is_there(root, columns, message):
    with pytest.raises(CorpusError, match=message):
        find_csv(write(root / "t.csv"), columns)


def test_patterns_find_speakers_and_labels_in_paths(fill):
    root = fill("OAF_Fear/OAF_back_fear.wav", "YAF_sad/YAF_back_sad.wav")
    paths = [("OAF_Fear\\OAF_back_fear.wav",), ("YAF_sad\\YAF_back_sad.wav",)]
    path = write(root / "t.csv", paths, ("path",))
    found = find_csv(path, speaker="/(OAF|YAF)_", label=r"_([a-z]+)\.wav$")
    assert [(u.speaker, u.label) for u in found.utterances] == [("OAF", "fear"), ("YAF", "sad")]
    with pytest.raises(CorpusError, match="`label` finds labels in paths"):
        find_csv(path, "path=path,label=path", label="_(x)")
    with pytest.raises(CorpusError, match=r"`speaker='\(x\)'`: found in no path"):
        find_csv(path, speaker="(x)", label=r"_([a-z]+)\.wav$")


def test_ids_are_told_apart_by_ending_and_times(fill):
    root = fill("a.wav", "a.flac", "b.wav")
    header = ("path", "label", "start", "end", "split")
    rows = [("a.wav", "sad", "", "", "Train"), ("a.flac", "sad", "", "", "DEV"),
            ("b.wav", "sad", "0", "0,05", ""),
            ("b.wav", "sad", "0,05", "0:00:00,1", "tst")]  # fmt: skip
    found = find_csv(write(root / "t.csv", rows, header, ";"))
    assert [u.utterance for u in found.utterances] == [
        "a.wav", "a.flac", "b:0-0,05", "b:0,05-0:00:00,1",
    ]  # fmt: skip
    assert [u.end for u in found.utterances] == [None, None, 0.05, 0.1]
    assert [u.split for u in found.utterances] == ["train", "validation", "", "test"]


def test_every_faulty_row_is_named(fill):
    root = fill("a.wav", "b.wav")
    header = ("path", "label", "start", "split")
    rows = [("a.wav", "sad", "x", "train"), ("a.wav", "sad", "", "eval"), ("c.wav", "sad", "", ""),
            ("", "sad", "", ""), ("b.wav", "sad", "inf", "")]  # fmt: skip
    with pytest.raises(CorpusError) as caught:
        find_csv(write(root / "t.csv", rows, header))
    for words in ("line 4: no audio file", "line 5: path is empty", "line 3: split is 'eval'",
                  "line 2: start is 'x'", "line 6: start is 'inf'", "Give `audio`"):  # fmt: skip
        assert words in str(caught.value)
    write(root / "t.csv", [("a.wav", "sad"), ("./a.wav", "sad")], ("path", "label"))
    with pytest.raises(CorpusError, match="line 3: a is already on line 2"):
        find_csv(root / "t.csv")


def test_audio_is_looked_for_at_any_depth_of_its_folder(fill):
    root = fill("corpus/s1/x_1.wav", "corpus/s2/x_2.wav", "corpus/s2/y.wav", "corpus/s1/y.wav")
    rows = [("x_1", "sad"), ("x_2.wav", "sad"), ("s1/y.wav", "sad")]
    path = write(root / "lists.csv", rows, ("path", "label"))
    found = find_csv(path, audio=str(root / "corpus"))
    assert [u.path.relative_to(root).as_posix() for u in found.utterances] == [
        "corpus/s1/x_1.wav", "corpus/s2/x_2.wav", "corpus/s1/y.wav",
    ]  # fmt: skip
    write(path, [("y.wav", "sad")], ("path", "label"))
    with pytest.raises(CorpusError, match=r"could be .*s1/y\.wav or .*s2/y\.wav"):
        find_csv(path, audio=str(root / "corpus"))


@pytest.mark.parametrize(
    "place", ["{root}/wav/", "D:\\x\\wav\\", "file://{root}/wav/", "../x/../{root.name}/wav/"]
)
def test_places_of_files_are_not_in_ids(root, place):
    paths = [place.format(root=root) + name for name in ("1.wav", "2.wav")]
    path = write(root / "t.csv", [(text, "sad") for text in paths], ("path", "label"))
    assert [u.utterance for u in find_csv(path).utterances] == ["wav/1", "wav/2"]


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


def test_columns_of_the_table_that_are_named_as_ours_are_kept_under_another_name(root):
    rows = [("wav/1.wav", "sad", "7", "0"), ("wav/2.wav", "happy", "8", "1")]
    path = write(root / "t.csv", rows, ("file", "emotion", "label", ""))
    found = find_csv(path, "path=file,label=emotion")
    assert found.utterances[0].extra == {"table_label": "7"}
    assert "the table's own table_label is kept" in found.notes[-1]


def test_the_api_makes_a_manifest_of_it(root, monkeypatch):
    monkeypatch.chdir(root)
    write(root / "t.csv", separator=";")
    built = featx.build_manifest(
        "csv", "t.csv", columns={"path": "file", "label": "emotion"}, separator=";",
        speaker=r"/(\d)", merge=["fröhlich=happy", "müde=x"],
    )  # fmt: skip
    assert [(u.speaker, u.label) for u in built.utterances] == [("1", "happy"), ("2", "x")]
    again = featx.build_manifest("csv", "manifest.csv", "again.csv", labels="happy")
    assert again.utterances == built.utterances[:1]


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


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        (("Datei", "Gefühl"), "path=Datei,label=Gefühl"),
        (("fichier", "Émotion"), "path=fichier,label=Émotion"),
        (("File_Name", "EmoClass"), "path=File_Name,label=EmoClass"),
        (("x", "y"), "path=COLUMN"),
    ],
)
def test_columns_that_seem_meant_are_suggested(root, header, meant):
    write(root / "t.csv", [("wav/1.wav", "sad")], header)
    with pytest.raises(CorpusError, match=f"`columns={meant}`"):
        find_csv(root / "t.csv")


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
