import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx.data.corpora.esd import CORPUS, find_esd
from featx.data.corpora.esd.texts import decode
from featx.data.listing.files import CorpusError

MANDARIN = "0005_000001\t打远一看,它们的确很是美丽\t中立\n0005_000351\t打远一看\t生气\n"
ENGLISH = "0016_000001\tDon’t go – it’s “late” at the café\tNeutral\n"


def write(root, speaker, content):
    path = root / speaker / f"{speaker}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_reads_both_layouts_with_languages_sexes_and_parts(fill):
    root = fill(
        "ESD/0005/Neutral/0005_000001.wav",
        "ESD/0016/Surprise/train/0016_001401.wav",
        "ESD/0016/Happy/evaluation/0016_000701.wav",
        "ESD/0016/Sad/test/0016_001051.wav",
    )
    (root / "ESD/ReadMe.txt").write_text("0001: Chinese Female")
    found = find_esd(root)
    facts = [(u.utterance, u.speaker, u.label, u.split) for u in found.utterances]
    assert facts == [
        ("0005_000001", "0005", "neutral", ""),
        ("0016_000701", "0016", "happy", "validation"),
        ("0016_001051", "0016", "sad", "test"),
        ("0016_001401", "0016", "surprised", "train"),
    ]
    assert found.utterances[0].extra == {"text": "", "language": "Mandarin", "sex": "male"}
    assert found.utterances[1].extra == {"text": "", "language": "English", "sex": "female"}
    assert found.notes == ["4 of 4 utterances have no text"]


@pytest.mark.parametrize(
    "encoding", ["gb2312", "gb18030", "utf-16", "utf-8", "utf-8-sig", "utf-16-le"]
)
def test_mandarin_in_every_encoding_it_comes_in(fill, encoding):
    root = fill("0005/Neutral/0005_000001.wav", "0005/Angry/0005_000351.wav")
    write(root, "0005", MANDARIN.encode(encoding))
    texts = [u.extra["text"] for u in find_esd(root).utterances]
    assert texts == ["打远一看,它们的确很是美丽", "打远一看"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8", "utf-16-be", "gb18030"])
def test_english_in_every_encoding_it_comes_in(fill, encoding):
    root = fill("0016/Neutral/0016_000001.wav")
    write(root, "0016", ENGLISH.encode(encoding))
    [utterance] = find_esd(root).utterances
    assert utterance.extra["text"] == "Don’t go – it’s “late” at the café"


def test_english_beside_chinese_names_of_emotions():
    text = "0011_000001\tIt’s me\t中立\r\n"
    assert decode(text.encode("gb18030"), mandarin=False) == text


@given(st.binary(min_size=1, max_size=30).filter(lambda b: max(b) > 127), st.booleans())
def test_nothing_is_decoded_into_another_language(content, mandarin):
    text = decode(b"0001_000001\t" + content, mandarin)
    if text is not None:
        assert any("\u3400" <= char <= "\u9fff" for char in text) == mandarin


def test_a_text_nobody_can_decode_is_named_and_left_empty(fill):
    root = fill("0005/Neutral/0005_000001.wav")
    write(root, "0005", b"0005_000001\t\xff\xff\xff\n")
    found = find_esd(root)
    assert found.utterances[0].extra["text"] == ""
    assert found.notes[0] == "left the text empty, as 1 file can't be decoded: 0005/0005.txt"


def test_lines_without_tabs_are_read(fill):
    root = fill("0012/Sad/0012_001355.wav", "0012/Sad/0012_001356.wav", "0012/Sad/0012_001357.wav")
    lines = ["0012_001355 The fisherman is sad Sad", "", "0012_001356\tOne \t\tSad", "0012_001357"]
    write(root, "0012", "\r\n".join(lines).encode("utf-16"))
    texts = [u.extra["text"] for u in find_esd(root).utterances]
    assert texts == ["The fisherman is sad", "One", ""]


def test_a_copy_that_says_its_part_is_kept_and_foreign_files_are_named(fill):
    root = fill(
        "0005/Sad/0005_001051.wav",
        "0005/Sad/test/0005_001051.wav",
        "0005/Calm/0005_000002.wav",
        "0021/Sad/0021_000001.wav",
        "0005/Sad/x.wav",
    )
    found = find_esd(root)
    assert [u.split for u in found.utterances] == ["test"]
    assert "left out 1 duplicate by name" in found.notes[0]
    assert found.notes[1].startswith("left out 3 files not named like Neutral/0005_000001.wav")


def test_gaps_compare_with_the_published_counts(fill):
    found = find_esd(fill("0001/Sad/train/0001_001051.wav", "0001/Sad/test/0001_001052.wav"))
    whole, shared = CORPUS.gaps(found.utterances)
    assert whole.startswith("2 of 35,000 utterances are here; too few: 0001 (2 of 1,750)")
    assert shared == "the official parts share their speakers: no test of new speakers"


def test_nothing_found_is_said(fill):
    with pytest.raises(CorpusError, match=r"(?s)found no ESD.*left out 1 file not named"):
        find_esd(fill("0005/0005_000001.wav"))
