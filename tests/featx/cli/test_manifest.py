import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import typer
from typer.testing import CliRunner

from featx.cli.manifest import CorpusName, manifest
from featx.data.corpora import CORPORA
from featx.data.manifest import load_manifest
from featx.errors import FeatxError

app = typer.Typer()
app.command()(manifest)


@pytest.fixture
def root(tmp_path: Path, monkeypatch) -> Path:
    """Hold three labels of a corpus sorted into folders, one folder below where we are."""
    for name in ("happy/anna_1", "sad/bert_1", "excited/bert_2"):
        path = tmp_path / "corpus" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros(1600), 16_000)
    monkeypatch.chdir(tmp_path)
    return Path("corpus")


def run(*arguments: object):
    result = CliRunner().invoke(app, list(map(str, arguments)))
    if isinstance(result.exception, FeatxError):
        raise result.exception
    return result


def test_writes_a_manifest_and_says_what_is_in_it(root):
    result = run("folder", root, "--speaker", r"(\w+)_\d", "--merge", "excited=happy")
    assert result.exit_code == 0
    assert result.stdout == (
        "Note: merged 1 excited utterance into happy.\n"
        "3 utterances, 2 speakers, 0.00 h of audio\n"
        "\n"
        "label  total\n"
        "happy      2\n"
        "sad        1\n"
        "total      3\n"
        "\n"
        "Manifest: manifest.csv\n"
        "Next: featx extract --model wav2vec2-base\n"
    )
    utterances = load_manifest(Path("manifest.csv")).utterances
    assert [u.speaker for u in utterances] == ["bert", "anna", "bert"]
    assert Path("manifest.csv").read_text().splitlines()[1].split(",")[1] == (
        "corpus/excited/bert_2.wav"
    )


def test_another_manifest_is_named_in_the_next_command(root):
    result = run("folder", root, "--out", "made/here.csv", "--labels", "happy, sad")
    assert "Next: featx extract --model wav2vec2-base --manifest made/here.csv" in result.stdout
    assert "left out 1 utterance of other labels: excited (1)" in result.stdout
    assert Path("made/here.csv").is_file()


def test_a_different_manifest_is_kept_unless_told(root):
    run("folder", root)
    run("folder", root)
    before = Path("manifest.csv").read_text()
    with pytest.raises(FeatxError, match=r"manifest\.csv exists and .*--overwrite replaces it"):
        run("folder", root, "--labels", "sad")
    assert Path("manifest.csv").read_text() == before
    run("folder", root, "--labels", "sad", "--overwrite")
    assert len(load_manifest(Path("manifest.csv")).utterances) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["emodb", "--channel", "song"], "--channel is for ravdess, not for emodb"),
        (["ravdess", "--scenario", "both"], "--scenario is for iemocap, not for ravdess"),
        (["iemocap", "--speaker", "(x)"], "--speaker is for folder, not for iemocap"),
        (["folder", "--labels", "hapy"], "--labels: no label hapy; there are: excited"),
        (["ravdess"], "found no RAVDESS speech"),
    ],
)
def test_what_does_not_fit_is_refused(root, arguments, message):
    with pytest.raises(FeatxError, match=message):
        run(arguments[0], root, *arguments[1:])
    assert not Path("manifest.csv").exists()


def test_every_corpus_is_offered(root):
    assert list(CorpusName) == list(CORPORA)
    result = run("ravdes", root)
    assert result.exit_code == 2
    assert all(f"'{name}'" in result.stderr for name in CORPORA)


def test_help_imports_nothing_heavy():
    code = "import sys, featx.cli.manifest; print({'numpy', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
