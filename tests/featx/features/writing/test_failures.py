"""Utterances without features are listed in a file, and the others are done."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx
from featx.data.audio import AudioError
from featx.errors import FeatxError
from featx.features.writing.failures import Failure, MostFailures, describe_failures, write_failures

FILE = Path("features/manifest/tiny/failures.csv")


def listed(path: Path = FILE) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def damaged(write_corpus):
    """A corpus of six, of which two fail before and two after they are decoded."""
    write_corpus(speakers=1)
    Path("audio/sad-0-1.wav").write_bytes(b"not audio")
    soundfile.write("audio/sad-0-0.wav", np.zeros(399), 16_000)
    whole = Path("audio/happy-0-0.wav").read_bytes()
    Path("audio/happy-0-0.wav").write_bytes(whole[:-2000])
    bad = np.full(8_000, np.nan, dtype=np.float32)
    soundfile.write("audio/angry-0-1.wav", bad, 16_000, subtype="FLOAT")


def mend() -> None:
    for name in ("sad-0-0", "sad-0-1", "happy-0-0", "angry-0-1"):
        soundfile.write(f"audio/{name}.wav", np.full(8_000, 0.01), 16_000)


def test_all_are_listed_by_utterance_with_the_stage(damaged, checkpoint_folder):
    extraction = featx.extract(checkpoint_folder)
    rows = listed()
    assert [row["utterance"] for row in rows] == ["angry-0-1", "happy-0-0", "sad-0-0", "sad-0-1"]
    assert [row["stage"] for row in rows] == ["decode", "header", "header", "header"]
    assert rows[2]["path"] == str(Path("audio/sad-0-0.wav").absolute())
    assert rows[2]["reason"].startswith("too short for one frame")
    assert set(extraction.failures) == {row["utterance"] for row in rows}
    assert extraction.to_json()["failures"]["sad-0-0"]["stage"] == "header"


def test_what_is_mended_is_listed_no_more(damaged, checkpoint_folder):
    featx.extract(checkpoint_folder)
    soundfile.write("audio/sad-0-0.wav", np.full(8_000, 0.01), 16_000)
    featx.extract(checkpoint_folder)
    assert [row["utterance"] for row in listed()] == ["angry-0-1", "happy-0-0", "sad-0-1"]
    mend()
    assert not featx.extract(checkpoint_folder).failures
    assert not FILE.exists()


def test_the_terminal_shows_a_few_and_names_the_file(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=3)
    for path in Path("audio").glob("sad*"):
        path.write_bytes(b"")
    for path in Path("audio").glob("happy*"):
        path.write_bytes(b"")
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert outcome.code == 1
    last = outcome.out[outcome.out.index("utterances extracted") :]
    assert f"12 utterances can't be used, listed in {FILE}" in last
    assert last.count("empty") == 5
    assert "... and 7 more" in last
    assert len(listed()) == 12


def test_a_file_that_is_missing_does_not_stop_the_others(write_corpus, checkpoint_folder):
    write_corpus(speakers=6, takes=1)
    Path("audio/sad-0-0.wav").unlink()
    extraction = featx.extract(checkpoint_folder)
    assert (extraction.extracted, list(extraction.failures)) == (17, ["sad-0-0"])
    (row,) = listed()
    assert (row["stage"], row["reason"]) == ("header", "no such file")
    with pytest.raises(FeatxError, match=r"no audio file .*sad-0-0\.wav"):
        featx.fit("linear", folds=3)
    assert featx.fit("linear", folds=3, skip_missing=True).folder.is_dir()


def test_where_no_file_is_there_the_manifest_is_refused(write_corpus, checkpoint_folder):
    write_corpus(speakers=1, takes=1)
    Path("audio").rename("moved")
    with pytest.raises(FeatxError, match=r"no audio file .*; there is no 'audio'"):
        featx.extract(checkpoint_folder)
    assert not Path("features").exists()


@pytest.mark.parametrize("most", [4, "4", "67%", "100%"])
def test_so_many_may_fail(damaged, checkpoint_folder, most):
    extraction = featx.extract(checkpoint_folder, max_failures=most)
    assert (extraction.extracted, len(extraction.failures)) == (2, 4)


@pytest.mark.parametrize("most", [0, 2, "33%"])
def test_too_many_bad_headers_stop_it_before_anything_is_loaded(
    damaged, checkpoint_folder, most, monkeypatch
):
    place = "featx.features.extractors.EncoderExtractor.start"
    monkeypatch.setattr(place, lambda *_: pytest.fail("loaded"))
    with pytest.raises(FeatxError, match=f"`max_failures={most}` allows"):
        featx.extract(checkpoint_folder, max_failures=most)
    assert len(listed()) == 3


def test_too_many_failures_on_the_way_stop_it(write_corpus, checkpoint_folder):
    write_corpus(speakers=2)
    bad = np.full(5_000, np.nan, dtype=np.float32)
    for path in Path("audio").iterdir():  # the shorter ones come last
        length = soundfile.info(path).frames
        soundfile.write(path, bad[: length - (path.stem[-1] == "0")], 16_000, subtype="FLOAT")
    options = {"max_failures": "20%", "batch_seconds": 0.3}
    with pytest.raises(FeatxError, match=r"stopped, as more of 12 utterances failed"):
        featx.extract(checkpoint_folder, **options)
    assert [row["stage"] for row in listed()] == ["decode"] * 3
    for path in Path("audio").iterdir():
        audio = np.zeros(soundfile.info(path).frames, np.float32)
        soundfile.write(path, audio, 16_000, subtype="FLOAT")
    assert featx.extract(checkpoint_folder, **options).extracted == 12


def test_what_is_not_a_number_of_failures_is_refused(write_corpus, checkpoint_folder):
    write_corpus(speakers=1, takes=1)
    for wrong in ("some", "-1", "101%", "5 %", "", "nan%"):
        with pytest.raises(FeatxError, match="`max_failures="):
            featx.extract(checkpoint_folder, max_failures=wrong)


@pytest.mark.parametrize(
    ("text", "total", "most"), [("0", 10, 0), ("5%", 100, 5), ("0.5%", 1000, 5), ("5%", 10, 0.5)]
)
def test_a_share_is_of_all_utterances(text, total, most):
    assert MostFailures(text).of(total) == most


def test_a_file_that_is_right_is_not_written_again(tmp_path):
    failures = {"b": Failure(Path("b.wav"), "decode", "truncated"),
                "a": Failure.of(Path("a.wav"), "header", AudioError("a.wav: empty"))}  # fmt: skip
    path = tmp_path / "failures.csv"
    write_failures(path, failures)
    before = path.stat()
    write_failures(path, dict(reversed(failures.items())))
    assert path.stat() == before
    assert [row["reason"] for row in listed(path)] == ["empty", "truncated"]
    assert describe_failures(failures).splitlines()[2:] == ["  a.wav: empty", "  b.wav: truncated"]
    write_failures(path, {})
    assert not path.exists()


def test_what_fails_again_and_again_gets_no_more_room(damaged, checkpoint_folder):
    for _ in range(4):
        featx.extract(checkpoint_folder, compress=True)
    assert len(list(FILE.parent.glob("*.h5"))) == 2
