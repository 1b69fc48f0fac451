"""Audio files with metadata beside them, or in folders of labels, as the Hub has them."""

import json

import pytest

from featx.data.corpora.huggingface import find_huggingface
from featx.data.listing.files import CorpusError


@pytest.mark.parametrize("metadata", ["csv in parts", "jsonl at the top"])
def test_audio_files_with_metadata_are_used_where_they_are(fill, metadata):
    root = fill("train/a.wav", "train/more/b.wav", "test/a.wav")
    rows = [
        ("train/a.wav", "joy", "s1"),
        ("train/more\\b.wav", "joy", "s2"),
        ("test/a.wav", "", "s1"),
        ("test/gone.wav", "joy", "s1"),
        ("test/a.wav", "fear", "s3"),
    ]
    if metadata == "csv in parts":
        for part in ("train", "test"):
            lines = [",".join((f[len(part) + 1 :], *r)) for f, *r in rows if f.startswith(part)]
            (root / part / "metadata.csv").write_text(
                "\n".join(["file_name,emotion,speaker", *lines])
            )
    else:
        keys = ("file_name", "emotion", "speaker")
        lines = [json.dumps(dict(zip(keys, row, strict=True)) | {"age": 30}) for row in rows]
        (root / "metadata.jsonl").write_text("\n".join(lines))
    found = find_huggingface(root)
    facts = [(u.utterance, u.label, u.speaker, u.split) for u in found.utterances]
    assert facts == [
        ("train/a", "joy", "s1", "train"),
        ("train/b", "joy", "s2", "train"),
        ("test/a-2", "fear", "s3", "test"),
    ]
    assert found.utterances[0].path == root / "train/a.wav"
    assert "left out 1 utterance without a label" in found.notes
    assert found.notes[0].startswith("left out 1 utterance whose file is missing: ")


def test_folders_of_labels(fill):
    root = fill("train/happy/a.wav", "test/sad/b.wav", "train/d.wav", "c.wav")
    found = find_huggingface(root)
    assert [(u.label, u.split) for u in found.utterances] == [("happy", "train"), ("sad", "test")]
    assert found.notes == [
        "left out 2 files in no folder of a label: c.wav, train/d.wav",
        "labels are the folders' names: happy, sad; `featx manifest folder` takes `speaker`",
        "speakers are unknown; name their column with `columns`, as speaker=COLUMN",
    ]


@pytest.mark.parametrize("part", ["", "train/"])
def test_a_folder_that_would_be_the_only_label_is_refused(fill, part):
    with pytest.raises(CorpusError, match=r"and wav would be the only one"):
        find_huggingface(fill(f"{part}wav/a.wav", f"{part}wav/b.wav"))
