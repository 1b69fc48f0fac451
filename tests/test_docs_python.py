"""The scripts in Python on pages of the docs run as they stand, on a stand-in store."""

import re
from pathlib import Path

import pytest
import torch

import featx

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
def stand_ins(write_corpus, checkpoint_folder):
    """A corpus of 24 speakers, and its features where the pages have those of Whisper."""
    write_corpus(speakers=24, takes=1)
    rows = Path("manifest.csv").read_text()
    Path("manifest.csv").write_text(re.sub(r",s(\d+),", lambda s: f",{int(s[1]) + 1:02},", rows))
    featx.extract(checkpoint_folder, out="features/manifest/whisper-tiny.en")


@pytest.mark.thorough
@pytest.mark.parametrize("page", ["sklearn", "own-heads"])
def test_every_script_of_the_page_runs(page, stand_ins, capsys):
    torch.manual_seed(0)
    text = (DOCS / f"{page}.md").read_text("utf-8").replace("layers=[3]", "layers=[2]")
    scripts = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, object] = {}
    for script in scripts:
        exec(compile(script, f"{page}.md", "exec"), names)
    said = capsys.readouterr().out
    shown = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    (share,) = re.findall(r"([\d.]+) %", said)
    assert float(share) > 60  # chance is a third
    assert re.sub(r"\d+", "0", said) == re.sub(r"\d+", "0", shown[0])
