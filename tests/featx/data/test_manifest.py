import csv
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.data.manifest import Utterance, load_manifest, save_manifest
from featx.data.manifest_rows import ManifestError
from featx.data.words import looks_missing, names_nobody

HEADER = "utterance,path,speaker,label\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold `a.wav` and `b.wav`, a second of silence each."""
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, np.zeros(16_000), 16_000)
    return tmp_path


@pytest.fixture
def write(folder: Path):
    def write(text: str, encoding: str = "utf-8") -> Path:
        path = folder / "manifest.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def problems(path: Path) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        load_manifest(path)
    title, *lines = str(caught.value).splitlines()
    assert title == f"{path} can't be used:"
    return [line.removeprefix("  ") for line in lines]


def test_reads_every_column(write, folder):
    path = write(
        "label,path,speaker,utterance,session,split,start,end,age\n"
        "happy,a.wav,anna,u1,3,train,0.25,1,43\n"
        f"sad,{folder / 'b.wav'},,u2,,,,, old \n"
    )
    manifest = load_manifest(path)
    assert manifest.name == "manifest"
    assert manifest.utterances == (
        Utterance("u1", folder / "a.wav", "anna", "happy", "3", "train", 0.25, 1.0, {"age": "43"}),
        Utterance("u2", folder / "b.wav", "", "sad", extra={"age": " old "}),
    )


def test_a_scale_is_a_number_above_0(write, folder):
    header = HEADER.strip() + ",scale\n"
    rows = "u1,a.wav,s,sad,32768\nu2,b.wav,s,sad,\n"
    manifest = load_manifest(write(header + rows))
    assert [u.scale for u in manifest.utterances] == [32768.0, None]
    save_manifest(folder / "saved.csv", manifest.utterances)
    assert load_manifest(folder / "saved.csv").utterances == manifest.utterances
    for scale in ("0", "-1", "nan", "inf", "16 bit"):
        [problem] = problems(write(header + f"u1,a.wav,s,sad,{scale}\n"))
        assert problem == f"line 2: scale is {scale!r}, not a number above 0 such as 32768"


def test_takes_hand_made_files(write, folder):
    text = "utterance, path, speaker, label\r\nu1, a.wav, anna, happy \r\n\r\nu2, b.wav,, sad\r\n"
    first, second = load_manifest(write(text, "utf-8-sig")).utterances
    assert first == Utterance("u1", folder / "a.wav", "anna", "happy")
    assert second == Utterance("u2", folder / "b.wav", "", "sad")


def test_every_problem_is_reported_at_once(write, folder):
    path = write(
        "utterance,path,speaker,label,split,start,end\n"
        "u1,a.wav,s,happy,train,,\n"
        "u1,b.wav,s,happy,train,,\n"
        ",a.wav,s,,dev,,\n"
        "u4,gone.wav,s,happy,test,,\n"
        'u5,a.wav,s,"two\nlines",test,x,\n'
        "u6,a.wav,s,happy,test,0.5,0.5\n"
        "u7,a.wav,s,happy,test,0.5,1.02\n"
        "u8,a.wav,s,happy,test,,1.01\n"
        "u9,a.wav,s,happy,test,-1,\n"
        "u10,a.wav,s,happy\n"
        "u11,a.wav,s,happy,test,,,,\n"
        "u12,,s,happy,test,inf,\n"
    )
    a = folder / "a.wav"
    assert problems(path) == [
        "line 12: 4 fields where the header names 7",
        "line 13: 9 fields where the header names 7; put quotes around a field with a comma",
        "line 3: utterance 'u1' is already on line 2",
        "line 4: utterance is empty",
        "line 4: split is 'dev'; it can be train, validation, test or empty",
        f"line 5: no audio file {folder / 'gone.wav'}",
        "line 6: start is 'x', not a number of seconds such as 1.25",
        "line 8: start 0.5 s is not before end 0.5 s",
        "line 14: start is 'inf', not a number of seconds such as 1.25",
        f"line 9: 0.5-1.02 s lies outside {a}, which is 1.000 s long",
        f"line 11: -1-1 s lies outside {a}, which is 1.000 s long",
        "line 14: path is empty",
    ]


def test_only_files_with_times_are_opened(write, folder):
    (folder / "c.wav").write_text("no audio")
    rows = "u1,c.wav,s,sad,,\n"
    assert load_manifest(write(HEADER.strip() + ",start,end\n" + rows)).utterances
    [problem] = problems(write(HEADER.strip() + ",start,end\nu1,c.wav,s,sad,0,1\n"))
    assert problem.startswith(f"line 2: {folder / 'c.wav'}: not a readable audio file")


def test_many_of_a_kind_are_counted(write):
    rows = "".join(f"u{i},gone{i}.wav,s,sad\n" for i in range(25))
    found = problems(write(HEADER + rows + "u26,a.wav,s,n/a\n"))
    assert len(found) == 22
    assert found[19].startswith("line 21:")
    assert found[20:] == [
        "... and 5 more missing audio files",
        "line 27: label 'n/a' looks like a missing value; name the class, or leave out the row",
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "utterance,path,Speaker,label",
            ["column 'speaker' is missing (is it 'Speaker'?)"],
        ),
        (
            "id,path,speakers,lab",
            [
                "column 'utterance' is missing;",
                "column 'speaker' is missing (is it 'speakers'?)",
                "column 'label' is missing (is it 'lab'?)",
            ],
        ),
        ("utterance,path,speaker,label,age,age", ["2 columns are named 'age'"]),
    ],
)
def test_faulty_headers(write, header, expected):
    row = ",".join(["u1", "gone.wav", *["x"] * (header.count(",") - 1)])
    *faults, audio = problems(write(f"{header}\n{row}\n"))
    for fault, start in zip(faults, expected, strict=True):
        assert fault.startswith(f"line 1: {start}")
        assert "missing" not in fault or fault.endswith(f"; there are: {header.replace(',', ', ')}")
    assert audio.startswith("line 2: no audio file")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty; its first line must be utterance,path,speaker,label"),
        ("\n\n", "the file is empty; its first line must be utterance,path,speaker,label"),
        (HEADER, "line 1: there are no rows below the header"),
        (
            HEADER.replace(",", ";") + "u1;a.wav;anna;happy, very\n",
            "line 1: the file looks semicolon-separated; save it with commas",
        ),
        (
            HEADER.replace(",", "\t") + "u1\ta.wav\tanna\thappy\n",
            "line 1: the file looks tab-separated; save it with commas",
        ),
    ],
)
def test_files_that_are_no_manifest(write, text, expected):
    assert problems(write(text)) == [expected]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEADER.encode() + b"u1,a.wav,s,m\xfcde\n", "line 2 is not UTF-8; save the file as UTF-8"),
        (HEADER.encode() + b'u1,a.wav,s,"sad\nu2,b.wav,s,sad\n', "line 2 is not CSV"),
    ],
)
def test_text_that_can_not_be_read(folder, content, message):
    path = folder / "manifest.csv"
    path.write_bytes(content)
    with pytest.raises(ManifestError, match=f"manifest.csv: {message}"):
        load_manifest(path)


def test_a_missing_manifest_says_what_makes_one(tmp_path):
    with pytest.raises(ManifestError, match=r"manifest\.csv: no such manifest") as caught:
        load_manifest(tmp_path / "manifest.csv")
    assert caught.value.cure.function == "build_manifest"
    assert caught.value.cure.arguments["out"] == tmp_path / "manifest.csv"
    with pytest.raises(ManifestError, match="is a folder"):
        load_manifest(tmp_path)


text = st.text(max_size=12).filter(lambda value: value == value.strip())
words = text.filter(bool)
seconds = st.none() | st.floats(0, 0.4)
utterances = st.builds(
    Utterance,
    utterance=words,
    path=st.sampled_from([Path("a.wav"), Path("b.wav")]),
    speaker=text.filter(lambda name: not name or not names_nobody(name)),
    label=words.filter(lambda label: not looks_missing(label)),
    session=text,
    split=st.sampled_from(["", "train", "validation", "test"]),
    start=seconds,
    end=st.none() | st.floats(0.5, 1.0),
    extra=st.fixed_dictionaries({"age": st.text(max_size=12), "a, b": st.text(max_size=12)}),
)


@settings(max_examples=50)
@given(rows=st.lists(utterances, min_size=1, unique_by=lambda row: row.utterance))
def test_what_is_saved_is_loaded(tmp_path_factory, rows):
    folder = tmp_path_factory.getbasetemp() / "round, trip"
    folder.mkdir(exist_ok=True)
    for name in ("a.wav", "b.wav"):
        if not (folder / name).exists():
            soundfile.write(folder / name, np.zeros(16_000), 16_000)
    absolute = tuple(replace(row, path=folder / row.path) for row in rows)
    save_manifest(folder / "manifest.csv", absolute)
    assert load_manifest(folder / "manifest.csv").utterances == absolute


def test_saves_relative_paths_and_only_used_columns(folder):
    rows = [
        Utterance("u1", folder / "a.wav", "s", "sad", extra={"age": "43"}),
        Utterance("u2", folder / "b.wav", "s", "sad", split="test", extra={"sex": "male"}),
    ]
    path = folder / "made" / "here" / "manifest.csv"
    save_manifest(path, rows)
    with path.open() as file:
        assert list(csv.reader(file)) == [
            ["utterance", "path", "speaker", "label", "split", "age", "sex"],
            ["u1", "../../a.wav", "s", "sad", "", "43", ""],
            ["u2", "../../b.wav", "s", "sad", "test", "", "male"],
        ]
    assert list(path.parent.iterdir()) == [path]


def test_relative_paths_survive_links(folder):
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "link").symlink_to(folder / "deep" / "er")
    path = folder / "link" / "manifest.csv"
    save_manifest(path, [Utterance("u1", folder / "a.wav", "s", "sad")])
    assert load_manifest(path).utterances[0].path.is_file()


def test_failing_to_save_leaves_nothing_behind(folder):
    (folder / "manifest.csv").mkdir()
    with pytest.raises(ManifestError, match=r"manifest\.csv: can't be written"):
        save_manifest(folder / "manifest.csv", [Utterance("u1", folder / "a.wav", "", "sad")])
    assert sorted(path.name for path in folder.iterdir()) == ["a.wav", "b.wav", "manifest.csv"]


def test_file_names_that_are_not_text_are_refused(folder):
    name = folder / os.fsdecode(b"m\xfcde.wav")
    with pytest.raises(ManifestError, match=r"not UTF-8, rename it: .*m\\udcfcde"):
        save_manifest(folder / "manifest.csv", [Utterance("u1", name, "", "sad")])


def test_a_notebook_shows_utterances_and_speakers_of_each_label(write):
    rows = "u1,a.wav,anna,sad\nu2,b.wav,bert,sad\nu3,b.wav,bert,<happy>\n"
    shown = load_manifest(str(write(HEADER + rows)))._repr_html_()
    assert "<th>sad</th><td>2</td><td>2</td>" in shown
    assert "<th>&lt;happy&gt;</th><td>1</td><td>1</td>" in shown
    assert "<th>total</th><td>3</td><td>2</td>" in shown
    unknown = load_manifest(write(HEADER + "u1,a.wav,,sad\n"))._repr_html_()
    assert "<td>1</td><td>unknown</td>" in unknown
