"""`featx predict`: its table, its files, and what it refuses."""

import json
import shutil
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import soundfile

QUICK = ("--folds", "3", "--head", "linear", "--name", "made")
RUN = "runs/made"


@pytest.fixture
def fitted(extracted, made_once, run_featx, checkpoint_folder):
    """A run, and the audio files of its manifest."""
    made_once("predicting", lambda: run_featx("fit", *QUICK), Path(RUN))
    shutil.copytree(checkpoint_folder, "tiny")  # where a run looks for a local encoder
    return sorted(map(str, Path("audio").glob("*.wav")))


def test_it_prints_a_table_and_writes_all_probabilities(fitted, run_featx):
    outcome = run_featx("predict", RUN, "audio", "--out", "out.csv")
    assert outcome.code == 0, outcome.err
    assert fitted[0] in outcome.out
    assert "Written: out.csv" in outcome.out
    assert len(Path("out.csv").read_text().splitlines()) == len(fitted) + 1
    lines = run_featx("predict", RUN, *fitted[:2], "--json", "--seed", "0", "--fold", "1").out
    assert [json.loads(line)["utterance"] for line in lines.splitlines()] == fitted[:2]


def test_it_reads_standard_input(fitted, run_featx, monkeypatch):
    audio = TextIOWrapper(BytesIO(Path(fitted[0]).read_bytes()))
    monkeypatch.setattr(sys, "stdin", audio)
    given = json.loads(run_featx("predict", RUN, "-", "--json").out)
    alone = json.loads(run_featx("predict", RUN, fitted[0], "--json").out)
    assert given == {**alone, "utterance": "-"}
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO()))
    assert "nothing came on standard input" in run_featx("predict", RUN, "-").err
    assert "give it once" in run_featx("predict", RUN, "-", "-").err


def test_samples_of_files_are_scaled(fitted, run_featx):
    samples, rate = soundfile.read(fitted[0], dtype="int16")
    soundfile.write("whole.wav", samples.astype("float32"), rate, "FLOAT")
    refused = run_featx("predict", RUN, "whole.wav", "--json")
    assert "whole.wav: its samples are whole numbers" in refused.err
    assert "--scale 32768" in refused.err
    scaled = json.loads(run_featx("predict", RUN, "whole.wav", "--json", "--scale", "32768").out)
    right = json.loads(run_featx("predict", RUN, fitted[0], "--json").out)
    assert scaled["probabilities"] == pytest.approx(right["probabilities"])
    windows = ("--window", "0.2", "--json", "--scale", "32768")
    assert run_featx("predict", RUN, "whole.wav", *windows).code == 0
    manifest = run_featx("predict", RUN, "manifest.csv", "--scale", "32768")
    assert "a manifest has a column" in manifest.err


def test_json_is_all_that_goes_to_standard_output(fitted, run_featx):
    Path("audio/broken.wav").write_bytes(b"no audio")
    outcome = run_featx("predict", RUN, "audio", "--json")
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert len(lines) == len(fitted)
    assert "broken.wav" in outcome.err


def test_recordings_become_timelines(fitted, run_featx):
    outcome = run_featx(
        "predict", RUN, fitted[0], "--window", "0.2", "--hop", "0.1", "--timeline", "shown"
    )
    assert outcome.code == 0, outcome.err
    assert Path("shown", f"{Path(fitted[0]).stem}.png").exists()


class Played:
    """A file in place of a microphone."""

    def __init__(self, chosen):
        assert chosen == 3
        self.samples, self.rate = soundfile.read("audio/sad-0-0.wav", dtype="float32")
        self.blocks = [0 * self.samples, self.samples, self.samples]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def read(self):
        if not self.blocks:
            raise KeyboardInterrupt
        return self.blocks.pop()


def test_a_microphone_is_predicted_until_ctrl_c(fitted, run_featx, monkeypatch):
    monkeypatch.setattr("featx.inference.live.Microphone", Played)
    live = ("predict", RUN, "--live", "--window", "0.2", "--hop", "0.3", "--microphone", "3")
    outcome = run_featx(*live)
    assert outcome.code == 0, outcome.err
    said, *rows = outcome.out.splitlines()
    assert said == "Listening at 16000 Hz."
    assert [row[:9].strip() for row in rows] == ["0.3 s", "0.6 s", "0.9 s"]
    assert rows[-1].endswith("(silence)")
    lines = [json.loads(line) for line in run_featx(*live, "--json").out.splitlines()]
    assert [line["end"] for line in lines] == pytest.approx([0.3, 0.6, 0.9])
    for given, problem in {
        ("--live", "audio"): "INPUTS can't be given with --live",
        ("--live", "--out", "x.csv"): "--out can't be given with --live",
        ("audio", "--seconds", "3"): "--seconds can't be given with INPUTS, as it is for --live",
        (): "give audio, a folder or a manifest, or --live",
    }.items():
        assert problem in run_featx("predict", RUN, *given).err


def test_mistakes_are_explained(fitted, run_featx):
    for given, problem in {
        ("runs/none", fitted[0]): "no finished run",
        (RUN, "none.wav"): "no such file",
        (RUN, "audio", "--abstain", "60"): "--abstain 60",
        (RUN, "audio", "--out", "out.json"): "--out out.json: must end in .csv or .jsonl",
        (RUN, "audio", "--hop", "1"): "give --window too",
        (RUN, "audio", "--timeline", "shown"): "give --window too",
        (RUN, "audio", "--fold", "7"): "--fold 7: the run has no such model",
    }.items():
        outcome = run_featx("predict", *given)
        assert outcome.code == 1
        assert problem in outcome.err
        assert "`" not in outcome.err
