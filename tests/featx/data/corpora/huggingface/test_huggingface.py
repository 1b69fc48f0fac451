"""Hugging Face datasets in the shapes in which `datasets` and the Hub leave them."""

import io
import json
import sys

import numpy as np
import pytest
import soundfile

import featx
from featx.data.corpora.huggingface import find_huggingface
from featx.data.listing.files import CorpusError
from featx.errors import FeatxError


def wav(value):
    content = io.BytesIO()
    soundfile.write(content, np.full(1600, value / 10), 16_000, format="WAV")
    return content.getvalue()


def dataset(labels, first=0, **others):
    """Return a dataset with sound inside, as `push_to_hub` and `save_to_disk` leave it."""
    from datasets import Audio, ClassLabel, Dataset, Features, Value

    names = ["happy", "sad"]
    sound = [{"bytes": wav(first + n), "path": f"{first + n}.wav"} for n in range(len(labels))]
    features = {"audio": {"bytes": Value("binary"), "path": Value("string")},
                "label": ClassLabel(names=names),
                **{name: Value("string") for name in others}}  # fmt: skip
    made = Dataset.from_dict({"audio": sound, "label": labels, **others}, Features(features))
    return made.cast_column("audio", Audio(sampling_rate=16_000))


def write_parquet(path, made):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    table = made.data.table
    pq.write_table(pa.Table.from_batches(table.to_batches(), table.schema), path)


def heard(utterance):
    return round(float(soundfile.read(utterance.path)[0][0]) * 10)


@pytest.mark.parametrize("form", ["saved", "parquet", "parquet in folders", "arrow"])
def test_sound_inside_tables_is_unpacked(tmp_path, form):
    from datasets import DatasetDict

    root = tmp_path / "data"
    train = dataset([0, 1, -1], speaker_id=["a", "b", "b"], Gender=["F", "m", "m"])
    test = dataset([1], 5, speaker_id=["Unknown"], Gender=["f"])
    if form == "saved":
        DatasetDict(train=train, test=test).save_to_disk(str(root))
    elif form == "arrow":
        for name, made in (("train", train), ("test", test)):
            made.save_to_disk(str(tmp_path / name))
            [shard] = (tmp_path / name).glob("*.arrow")
            root.mkdir(exist_ok=True)
            shard.rename(root / f"voices-{name}.arrow")
    else:
        names = {"parquet": "data/{}-00000-of-00001", "parquet in folders": "{}/0000"}
        for name, made in (("train", train), ("test", test)):
            write_parquet(root / f"{names[form].format(name)}.parquet", made)
    with pytest.raises(CorpusError, match=r"holds sound inside its tables, as of .*`unpack`"):
        find_huggingface(root)
    out = tmp_path / "m.csv"
    manifest = featx.build_manifest("huggingface", root, out, unpack=tmp_path / "sound")
    facts = {u.utterance: (u.label, u.speaker, u.split, heard(u)) for u in manifest.utterances}
    assert facts == {
        "train/0": ("happy", "a", "train", 0),
        "train/1": ("sad", "b", "train", 1),
        "test/5": ("sad", "", "test", 5),
    }
    assert manifest.utterances[0].extra["sex"] == "female"
    assert (
        "left out 1 utterance without a label"
        in find_huggingface(root, unpack=str(out.parent)).notes
    )


def test_a_single_dataset_has_no_split_and_columns_can_be_named(tmp_path):
    made = dataset(
        [0, 0],
        mood=["calm", "cross"],
        path=["x", "y"],
        who=["a", "b"],
        said=["hm", ""],
        fold=["dev", "?"],
        begin=["0.01", ""],
    )
    made.save_to_disk(str(tmp_path / "data"))
    sound = str(tmp_path / "sound")
    found = find_huggingface(tmp_path / "data", "label=mood,speaker=who", sound)
    first, second = found.utterances
    assert (first.utterance, first.label, first.speaker, first.split) == ("0", "calm", "a", "")
    others = {"said": "hm", "fold": "dev", "begin": "0.01"}
    assert first.extra == {"sex": "", "original_label": "happy", "original_path": "x"} | others
    assert second.label == "cross"
    columns = {"split": "fold", "start": "begin", "utterance": "path"}
    first, second = find_huggingface(tmp_path / "data", columns, sound).utterances
    assert (first.utterance, first.label, first.split) == ("x", "happy", "validation")
    assert (first.start, second.start, first.extra["said"]) == (0.01, None, "hm")


def test_a_datasets_own_columns_of_a_manifests_names_are_used(fill):
    root = fill("a.wav", "b.wav")
    (root / "metadata.csv").write_text(
        "file_name,emotion,utterance,session,split,start,end,Gender\n"
        "a.wav,joy,u1,2,test,0.01,0.05,F\na.wav,fear,u2,2,dev,0.05,,mujer\nb.wav,joy,u3,2,x,,,\n"
    )
    first, second, third = find_huggingface(root).utterances
    assert (first.utterance, first.session, first.split) == ("u1", "2", "test")
    assert (first.start, first.end, first.extra) == (0.01, 0.05, {"sex": "female"})
    assert (second.start, second.end, second.split) == (0.05, None, "validation")
    assert (third.split, third.extra) == ("", {"sex": "", "original_split": "x"})
    found = find_huggingface(root, columns="sex=emotion,label=Gender")
    assert [u.label for u in found.utterances] == ["F", "mujer"]


def test_times_beside_sound_in_tables_are_of_the_recording_that_it_was_cut_from(tmp_path):
    dataset([0, 1], start=["0.01", "7"]).save_to_disk(str(tmp_path / "data"))
    found = find_huggingface(tmp_path / "data", unpack=str(tmp_path / "sound"))
    assert [u.start for u in found.utterances] == [None, None]
    assert found.utterances[1].extra["original_start"] == "7"
    assert "start and end are kept as original_start" in found.notes[-1]
    named = find_huggingface(tmp_path / "data", "start=start", unpack=str(tmp_path / "sound"))
    assert [u.start for u in named.utterances] == [0.01, 7.0]


@pytest.mark.parametrize(
    ("columns", "labels", "said"),
    [
        ({"label": [0, 3, 6], "emotion": ["a", "b", "c"]}, ["a", "b", "c"], ""),
        ({"label": ["a", "b", "c"], "emotion": [0, 3, 6]}, ["a", "b", "c"], ""),
        ({"emotion": [1.0, 2.0, None]}, ["1", "2"], "all labels are numbers: 1, 2; name the"),
        ({"emotion": [float("nan"), 1.5, 2.0]}, ["1.5", "2"], "without a label"),
        ({"emotion": ["nan", "n/a", "a"]}, ["a"], "2 utterances without a label: n/a, nan"),
    ],
)
@pytest.mark.parametrize("form", ["table", "metadata"])
def test_words_are_labels_before_numbers_and_missing_values_are_none(
    fill, form, columns, labels, said
):
    from datasets import Dataset

    root = fill("a.wav", "b.wav", "c.wav")
    rows = {"audio" if form == "table" else "file_name": ["a.wav", "b.wav", "c.wav"], **columns}
    made = Dataset.from_dict(rows)
    if form == "table":
        write_parquet(root / "train.parquet", made)
    else:
        lines = [json.dumps({k: v for k, v in r.items() if v == v}) for r in made]
        (root / "metadata.jsonl").write_text("\n".join(lines))
    found = find_huggingface(root)
    assert [u.label for u in found.utterances] == labels
    assert said in "".join(found.notes)


def test_a_part_that_hides_its_labels_is_left_out(tmp_path):
    write_parquet(tmp_path / "train.parquet", dataset([0, 1]))
    write_parquet(tmp_path / "test.parquet", dataset([0] * 6).remove_columns("label"))
    found = find_huggingface(tmp_path, unpack=str(tmp_path / "s"))
    assert [u.split for u in found.utterances] == ["train", "train"]
    assert found.notes[0] == "left out the part test (6 rows): it has no column label"
    with pytest.raises(CorpusError, match=r"part train: `columns=speaker=who`: no column 'who'"):
        find_huggingface(tmp_path, "speaker=who", str(tmp_path / "s"))


def test_equal_names_stay_apart(tmp_path):
    from datasets import concatenate_datasets

    made = concatenate_datasets([dataset([0], 3), dataset([1], 3)])
    made.save_to_disk(str(tmp_path / "data"))
    found = find_huggingface(tmp_path / "data", unpack=str(tmp_path / "sound"))
    assert [u.utterance for u in found.utterances] == ["3", "3-1"]
    assert len({u.path for u in found.utterances}) == 2


def test_configurations_must_be_chosen(tmp_path):
    for name in ("en", "de"):
        write_parquet(tmp_path / f"{name}/train-00000-of-00001.parquet", dataset([0]))
    with pytest.raises(CorpusError, match=r"`table` must name one of its configurations: de, en"):
        find_huggingface(tmp_path)
    assert find_huggingface(tmp_path, unpack=str(tmp_path / "s"), table="de").utterances
    with pytest.raises(CorpusError, match=r"has only one configuration; leave out `table`"):
        find_huggingface(tmp_path / "de", table="de")


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({"x.tar.gz": ""}, {}, r"(?s)found no dataset: .*archives must be unpacked.*holds x\.tar"),
        ({"metadata.csv": "name,label\na,b\n"}, {}, r"has no column file_name"),
        (
            {"metadata.csv": "file_name,mood\na,b\n"},
            {},
            r"which column is the label\? .*label=COLUMN",
        ),
        (
            {"metadata.csv": "file_name,label\na,b\n"},
            {"columns": "speaker=who"},
            r"no column 'who'",
        ),
        (
            {"metadata.csv": "file_name,label\na,b\n"},
            {"columns": "emotion=label"},
            r"is label=emotion meant\?",
        ),
        (
            {"metadata.csv": "file_name,label\na,b\n"},
            {"columns": "scale=label"},
            r"no column for the scale to choose",
        ),
        ({"metadata.jsonl": '{"file_name": "a"}\n{"file_name": null}'}, {}, r"row 2 names no file"),
        ({"metadata.jsonl": "{'a'"}, {}, r"metadata\.jsonl: is not a JSON object a line"),
        ({"train.parquet": "PAR1"}, {}, r"can't be read as a dataset"),
        ({"state.json": "{}", "dataset_info.json": "{}"}, {}, r"can't be read as a dataset"),
    ],
)
def test_refused_in_sentences(tmp_path, files, options, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(CorpusError, match=message):
        find_huggingface(tmp_path, **options)


@pytest.mark.parametrize("ending", ["arrow", "parquet"])
def test_damaged_tables_are_refused(tmp_path, ending):
    path = tmp_path / "data" / f"train.{ending}"
    write_parquet(path.with_suffix(".parquet"), dataset([0, 1, 0]))
    if ending == "arrow":
        path.with_suffix(".parquet").unlink()
        dataset([0, 1, 0]).save_to_disk(str(tmp_path / "saved"))
        next((tmp_path / "saved").glob("*.arrow")).rename(path)
    content = path.read_bytes()
    for damaged in (
        content[: len(content) // 2],
        content.replace(b"\x05\0\0\0", b"\xf5\xff\xff\xff"),
    ):
        path.write_bytes(damaged)
        with pytest.raises(CorpusError, match=r"can't be read as a dataset"):
            find_huggingface(path.parent, unpack=str(tmp_path / "sound"))


def test_a_missing_package_is_said(tmp_path, monkeypatch):
    (tmp_path / "state.json").touch()
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(FeatxError, match=r"pip install 'featx\[datasets\]'"):
        find_huggingface(tmp_path)


def test_an_id_is_looked_for_on_the_hub_and_offline_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        CorpusError, match=r"me/voices: .*hf download --repo-type dataset me/voices"
    ):
        featx.build_manifest("huggingface", "me/voices")
    with pytest.raises(CorpusError, match=r"no such folder, nor an id on the Hub"):
        featx.build_manifest("huggingface", "voices")
