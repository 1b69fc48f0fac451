"""`final = true` for a head of an experiment, from the start or later."""

import json
from pathlib import Path

import pytest

import featx
from featx.experiments.checking.systems import find_state
from featx.experiments.checking.validate import validate

TEXT = """
[corpora.tones]
path = "manifest.csv"
protocols = ["fixed.toml"]

[heads.plain]
head = "dense"
features = ["egemaps"]
settings = ["training.epochs=2"]
{final}
"""
RUN = Path("runs/small-plain")


@pytest.fixture
def write(write_experiment):
    """Write the experiment with a line more."""
    return lambda final: write_experiment(TEXT.replace("{final}", final))


def test_final_heads_can_be_asked_for_later_and_are_reported(write, monkeypatch):
    featx.run(write(""))
    before = (RUN / "predictions.csv").read_bytes()
    path = write("final = true")
    inspection = validate(path)
    assert not inspection.findings.errors
    ((config, state),) = inspection.checked.values()
    assert (config.final, state) == (True, "begun")
    monkeypatch.setattr(
        "featx.fitting.training.train.train_head", lambda *_: pytest.fail("trained again")
    )
    featx.run(path)
    assert (RUN / "predictions.csv").read_bytes() == before
    members = json.loads((RUN / "model.json").read_text())["members"]
    assert [entry["fold"] for entry in members] == [0, None]
    assert "Final model: trained on all 18 utterances" in Path("reports/small.html").read_text()
    assert find_state(RUN, config.to_toml()) == "done"
    assert find_state(RUN, config.scored().to_toml()) == "other"
