"""Databases as audformat writes them, in the shape of EMO-DB 1.4.1 from audb."""

import pickle
import sys

import pytest

import featx
from featx.data.corpora.audformat import find_audformat
from featx.data.listing.files import CorpusError
from featx.errors import FeatxError

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")  # audformat's own
FILES = ["wav/03a01Fa.wav", "wav/08a01Wb.wav", "wav/08a02Nb.wav", "wav/09a02Nb.wav"]


def add(database, name, index, split=None, **columns):
    import audformat

    database[name] = audformat.Table(index, split_id=split)
    for column, values in columns.items():
        column = column.replace("__", ".")
        scheme = column if column in database.schemes else None
        database[name][column] = audformat.Column(scheme_id=scheme)
        database[name][column].set(values)


def make(root, form="csv"):
    import audformat
    import pandas as pd

    database = audformat.Database("emodb", source="here", usage="unrestricted")
    database.schemes["emotion"] = audformat.Scheme(labels=["anger", "happiness", "neutral"])
    people = {3: {"gender": "male", "age": 31}, 8: {"gender": "female"}, 9: {"gender": "female"}}
    database.schemes["speaker"] = audformat.Scheme(labels=people)
    for split in ("train", "test"):
        database.splits[split] = audformat.Split(split)
    index = audformat.filewise_index(FILES)
    add(database, "files", index, speaker=[3, 8, 8, 9], text=["a01", "a01", "a02", "a02"])
    labels = ["happiness", "anger", None, "neutral"]
    add(database, "emotion", index, emotion=labels, emotion__confidence=[0.9, 1.0, 0.2, 0.5])
    add(database, "gold.train", index[:1], "train", emotion=labels[:1], speaker=[3])
    add(database, "gold.test", index[1:2], "test", emotion=labels[1:2], speaker=[8])
    times = (["0s", "50ms"], ["50ms", pd.NaT])
    cut = audformat.segmented_index([FILES[0]] * 2, *times)
    add(database, "turns", cut, mood=["calm", "cross"], who=["anna", "unknown"])
    database.save(str(root), storage_format=form)
    return root


@pytest.fixture
def database(fill):
    return make(fill(*FILES[:3]))


def test_labels_speakers_and_sexes_of_a_database_of_files(database, tmp_path_factory):
    above = tmp_path_factory.mktemp("above")  # tests of the same worker may leave others beside it
    database = database.rename(above / "database")
    found = find_audformat(above)
    first, second = found.utterances
    assert (first.utterance, first.path) == ("wav/03a01Fa", database / FILES[0])
    assert (first.speaker, first.label, first.split) == ("3", "happiness", "")
    assert first.extra == {"sex": "male", "emotion.confidence": "0.9"}
    assert (second.speaker, second.label, second.extra["sex"]) == ("8", "anger", "female")
    assert found.notes == [
        "left out 1 utterance whose file is missing: wav/09a02Nb",
        "left out 1 utterance without a label",
    ]


def test_tables_of_parts_are_splits_and_segments_have_times(database, tmp_path):
    out = tmp_path / "m.csv"
    manifest = featx.build_manifest("audformat", database, out, table="gold.train, gold.test")
    assert [(u.utterance, u.split) for u in manifest.utterances] == [
        ("wav/03a01Fa", "train"),
        ("wav/08a01Wb", "test"),
    ]
    first, second = find_audformat(database, {"label": "mood", "speaker": "who"}).utterances
    assert (first.utterance, first.label, first.speaker) == ("wav/03a01Fa-1", "calm", "anna")
    assert (first.start, first.end) == (0.0, 0.05)
    assert (second.label, second.speaker) == ("cross", "")
    assert (second.start, second.end) == (0.05, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"columns": "label=anger"},
            r"no table has a column anger; there are emotion, emotion\.conf",
        ),
        ({"columns": "label=mood,speaker=nobody"}, r"no table has a column nobody"),
        ({"columns": "split=text"}, r"`columns=split=text`: .* no column for the split to choose"),
        ({"columns": "session=nothing"}, r"no table has a column nothing"),
        ({"columns": "emotion"}, r"must be NAME=COLUMN, such as"),
        ({"table": "files"}, r"no table files with the column emotion; there are emotion, gold"),
    ],
)
def test_what_is_not_there_is_said(database, options, message):
    with pytest.raises(CorpusError, match=message):
        find_audformat(database, **options)


def test_sessions_and_sexes_can_be_columns_of_the_files_or_the_speakers_own(database):
    for session, ids in (("text", ["a01", "a01"]), ("speaker", ["3", "8"])):
        found = find_audformat(database, f"session={session},sex=text")
        assert [u.session for u in found.utterances] == ids
        assert [u.speaker for u in found.utterances] == ["3", "8"]
        assert [u.extra["sex"] for u in found.utterances] == ["male", "female"]  # a01 is no sex


def test_missing_values_are_no_labels(database):
    table = database / "db.files.csv"
    table.write_text(table.read_text().replace("a01", "-"))
    found = find_audformat(database, "label=text")
    assert [u.label for u in found.utterances] == ["a02"]
    assert found.notes[-1] == "left out 2 utterances without a label: -"


def test_several_databases_are_refused(database):
    make(database / "other")
    with pytest.raises(CorpusError, match=r"holds 2 databases: db\.yaml, other/db\.yaml\. Give"):
        find_audformat(database)


class _Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


def test_pickles_and_python_objects_are_never_opened(fill):
    root = make(fill(*FILES), "parquet")
    trap = pickle.dumps(_Trap())
    for name in ("emotion", "files", "gold.train", "gold.test", "turns"):
        (root / f"db.{name}.pkl").write_bytes(trap)
    assert len(find_audformat(root).utterances) == 3
    (root / "db.turns.parquet").unlink()
    with pytest.raises(CorpusError, match=r"the table turns is only there as a pickle.*CSV"):
        find_audformat(root)
    (root / "db.yaml").write_text("name: !!python/object/apply:os.system ['touch ran']\n")
    with pytest.raises(CorpusError, match=r"db\.yaml: can't be read \(could not determine"):
        find_audformat(root)


def test_a_missing_package_is_said(database, monkeypatch):
    monkeypatch.setitem(sys.modules, "audformat", None)
    with pytest.raises(FeatxError, match=r"pip install 'featx\[audformat\]'"):
        find_audformat(database)


def test_nothing_found_is_said(fill):
    with pytest.raises(CorpusError, match=r"found no audformat database: db\.yaml"):
        find_audformat(fill("a.wav"))
