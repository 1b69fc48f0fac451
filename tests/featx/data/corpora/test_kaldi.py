import pytest

import featx
from featx.data.corpora.kaldi import find_kaldi
from featx.data.listing.files import CorpusError


def write(folder, **lists):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in lists.items():
        (folder / name.replace("_scp", ".scp")).write_text(text)
    return folder


@pytest.fixture
def data(fill):
    root = fill("recipe/corpus/long one.wav", "recipe/corpus/b.wav")
    return write(
        root / "recipe/data/train",
        wav_scp="rec1 corpus/long one.wav\nrec2 corpus\\b.wav\n",
        segments="u1 rec1 0.00 0.05\nu2 rec1 0.05 -1\nu3 rec2 0.01 0.1\nu4 rec3 0 1\nu5 rec2 0 1\n",
        utt2spk="u1 anna\nu2 unknown\nu3 bert\n",
        spk2gender="anna f\nbert m\n",
        text="u1 hello there\nu3 bye\n",
        utt2emo="u1 happy\nu2 sad\nu3 happy\nu4 sad\n",
    )


def test_reads_segments_speakers_and_labels(data):
    found = find_kaldi(data)
    first, second, third = found.utterances
    assert first.path.name == "long one.wav"
    assert (first.utterance, first.speaker, first.label) == ("u1", "anna", "happy")
    assert (first.start, first.end, first.split) == (0.0, 0.05, "")
    assert first.extra == {"sex": "female", "text": "hello there"}
    assert (second.speaker, second.start, second.end) == ("", 0.05, None)
    assert (third.speaker, third.extra["sex"]) == ("bert", "male")
    assert found.notes == [
        "left out 1 utterance whose file is missing: u4",
        "left out 1 utterance without a label",
    ]


def test_folders_of_parts_are_splits_and_names_stay_apart(fill, data):
    root = data.parents[1]
    for part in ("dev", "test_clean", "train/split2/1"):
        write(root / "data" / part, wav_scp=f"u1 {root}/corpus/b.wav\n", utt2label="u1 sad\n")
    manifest = featx.build_manifest("kaldi", root / "data", root / "m.csv")
    facts = [(u.utterance, u.split, u.label) for u in manifest.utterances]
    assert facts == [
        ("dev/u1", "validation", "sad"),
        ("test_clean/u1", "test", "sad"),
        ("train/u1", "train", "happy"),
        ("train/u2", "train", "sad"),
        ("train/u3", "train", "happy"),
    ]


def test_names_of_utterances_are_no_speakers(fill):
    root = fill("b.wav")
    folder = write(root, wav_scp="u1 b.wav\n", utt2spk="u1 u1\n", utt2emo="u1 sad\n")
    found = find_kaldi(folder)
    assert found.utterances[0].speaker == ""
    assert found.notes[0].startswith("speakers are unknown: ")


@pytest.mark.parametrize(
    "entry",
    ["sox a.wav -r 16000 -t wav - |", "flac -c -d -s a.flac |", "data/wav.ark:1234", "| touch x"],
)
def test_commands_and_archives_are_refused_and_never_run(fill, entry, monkeypatch):
    root = fill("a.wav")
    monkeypatch.setattr("os.system", pytest.fail)
    monkeypatch.setattr("subprocess.Popen", pytest.fail)
    write(root, wav_scp=f"u1 a.wav\nu2 {entry}\n", utt2emo="u1 sad\nu2 sad\n")
    with pytest.raises(
        CorpusError, match=r"1 line with a command or an archive .*: u2 .*name FILE"
    ):
        find_kaldi(root)


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({}, r"found no Kaldi data: wav\.scp"),
        ({"wav_scp": "u a.wav"}, r"has no utt2emo or .*name the file with `table`.* holds a\.wav"),
        ({"wav_scp": "u a.wav", "utt2emo": "v sad"}, r"(?s)found no utterances.*without a label"),
        ({"wav_scp": "u a.wav", "utt2emo": "u NaN"}, r"1 utterance without a label: NaN"),
        (
            {"wav_scp": "u a.wav", "utt2emo": "u sad\nv sad\nu happy"},
            r"utt2emo: names that stand twice: u with sad and happy",
        ),
        (
            {"wav_scp": "u a.wav", "utt2emo": "u sad", "utt2spk": "u a\nu b"},
            r"utt2spk: names that stand twice",
        ),
        ({"wav_scp": "u a.wav", "utt2emo": "u 3 sad"}, r"1 line with several words .*: u 3 sad"),
        (
            {"wav_scp": "u a.wav", "utt2emo": "u sad", "segments": "u u 0"},
            r"'u' must be followed by",
        ),
        (
            {"wav_scp": "u a.wav", "utt2emo": "u sad", "segments": "u u 0 nan"},
            r"must be followed by",
        ),
    ],
)
def test_what_can_not_be_read_is_said(fill, lists, message):
    root = fill("a.wav")
    write(root, **lists)
    with pytest.raises(CorpusError, match=message):
        find_kaldi(root)


def test_the_file_of_labels_can_be_named(fill):
    root = write(fill("a.wav"), wav_scp="u a.wav\n", utt2emo="u sad\n", utt2fine="u very-sad\n")
    assert find_kaldi(root, "utt2fine").utterances[0].label == "very-sad"
