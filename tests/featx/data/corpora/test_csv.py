"""Corpora in anybody's table: any names of columns, and paths of any kind."""

from pathlib import Path

import pytest

import featx
from featx.data.corpora.csv import find_csv
from featx.data.listing.files import CorpusError
from tests.featx.data.listing.tables.written import COLUMNS, write


@pytest.fixture
def root(fill) -> Path:
    return fill("wav/1.wav", "wav/2.wav")


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
