"""`featx manifest` on the command line."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from featx.data.corpora import CORPORA


@pytest.fixture
def root(workplace) -> Path:
    """Hold three labels of a corpus sorted into folders, one folder below where we are."""
    for seed, name in enumerate(("happy/anna_1", "sad/bert_1", "excited/bert_2")):
        path = workplace / "corpus" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(seed).normal(0, 0.1, 1600), 16_000)
    return Path("corpus")


def test_writes_a_manifest_and_says_what_is_in_it(root, run_featx):
    outcome = run_featx(
        "manifest", "folder", root, "--speaker", r"(\w+)_\d", "--merge", "excited=happy"
    )
    assert outcome.code == 0
    assert outcome.out == (
        "Note: merged 1 excited utterance into happy.\n"
        "3 utterances, 2 speakers, 0.00 h of audio\n"
        "\n"
        "label  total\n"
        "happy      2\n"
        "sad        1\n"
        "total      3\n"
        "\n"
        "Manifest: manifest.csv\n"
        "Next: featx extract --model MODEL (`featx models` lists the models)\n"
    )


def test_another_manifest_is_named_in_the_next_command(root, run_featx):
    outcome = run_featx("manifest", "folder", root, "--out", "made/here.csv")
    assert "Next: featx extract --model MODEL --manifest made/here.csv" in outcome.out
    assert "; give --speaker, a regular expression" in outcome.out  # a note names the option
    assert Path("made/here.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["emodb", "--channel", "song"], "--channel is for ravdess, not for emodb"),
        (["folder", "--labels", "hapy"], "--labels: no label hapy; there are: excited"),
        (["folder", "--merge", "excited"], "--merge excited: must be OLD=NEW"),
        (["folder", "--merge", "=happy"], "must be OLD=NEW"),
        (["folder", "--merge", "sad="], "must be OLD=NEW"),
        (
            ["folder", "--merge", "sad=happy", "--merge", "sad = angry"],
            "sad already becomes happy",
        ),
        (["folder", "--speaker", "("], "--speaker (: not a regular expression"),
        (["meld", "--unpack", ""], "--unpack must name a folder"),
    ],
)
def test_errors_name_options(root, run_featx, arguments, message):
    outcome = run_featx("manifest", arguments[0], root, *arguments[1:])
    assert outcome.code == 1
    assert outcome.err.startswith("error: ")
    assert message in outcome.err
    assert not Path("manifest.csv").exists()


def test_cures_can_be_pasted(workplace, run_featx):
    for label in ("very_sad", "very sad"):
        Path("corpus", label).mkdir(parents=True)
        soundfile.write(Path("corpus", label, "1.wav"), np.zeros(1600), 16_000)
    outcome = run_featx("manifest", "folder", "corpus")
    assert (
        "To make them one class, list the corpus with --merge 'very_sad=very sad'." in outcome.out
    )


def test_every_corpus_is_offered(root, run_featx):
    outcome = run_featx("manifest", "ravdes", root)
    assert outcome.code == 2
    assert all(f"'{name}'" in outcome.err for name in CORPORA)


def test_help_imports_nothing_heavy():
    code = "import sys, featx.cli.commands.manifest; print({'numpy', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_help_groups_options_by_what_they_are_for(run_featx):
    said = run_featx("manifest", "--help").out
    places = [said.index(f"\n{name}:") for name in ("Arguments", "Options", "Labels of any corpus")]
    assert places == sorted(places)
    assert said.index("  --out") < places[2] < said.index("  --merge")
