"""The README's script in Python runs as it stands, on a stand-in corpus and encoder."""

import re
import shutil
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
SECTION = README.split("## In Python")[1].split("\n## ")[0]
(SCRIPT, ARRAYS) = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
MOST_LINES = 15


@pytest.fixture
def stand_ins(write_corpus, hub):
    """A corpus sorted by label, two new files, and a Hub cache with the tiny encoder."""
    write_corpus(speakers=6, takes=1)
    Path("manifest.csv").unlink()
    for path in sorted(Path("audio").iterdir()):
        label, speaker, _ = path.stem.split("-")
        home = Path("corpus", label)
        home.mkdir(parents=True, exist_ok=True)
        path.rename(home / f"speaker{speaker}.wav")
    Path("new").mkdir()
    shutil.copy("corpus/sad/speaker0.wav", "new/first.wav")
    shutil.copy("corpus/angry/speaker1.wav", "new/second.wav")


def test_the_script_is_short():
    assert len(SCRIPT.strip().splitlines()) <= MOST_LINES


def test_the_script_scores_a_head_and_predicts_new_files(stand_ins, capsys):
    exec(compile(SCRIPT, "README.md", "exec"), {})
    said = capsys.readouterr().out
    assert "UAR" in said
    for name in ("new/first.wav", "new/second.wav"):
        (line,) = [line for line in said.splitlines() if line.startswith(name)]
        assert line.split()[1] in ("angry", "happy", "sad")
    assert len(Path("predicted.csv").read_text().splitlines()) == 3
    names: dict[str, object] = {}
    exec(compile(f"import featx\n{ARRAYS}", "README.md", "exec"), names)
    assert len(names["scores"]) == 5
