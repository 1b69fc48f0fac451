"""`featx doctor` prints what was found, and its exit code says whether featx works."""

import json

import pytest

import featx
from featx.diagnosis.check import Check
from featx.diagnosis.doctor import Diagnosis


@pytest.mark.parametrize("state", ["ok", "warning", "problem"])
def test_only_a_problem_is_an_exit_code(run_featx, monkeypatch, state):
    found = Diagnosis([Check("disk", "1 GB free", state, "rm -r old")])
    monkeypatch.setattr(featx, "doctor", lambda folder: found)
    outcome = run_featx("doctor", "somewhere")
    assert outcome.code == (state == "problem")
    assert outcome.out.splitlines()[0].split() == [state, "disk", "1", "GB", "free"]
    assert "-> rm -r old" in outcome.out
    told = json.loads(run_featx("doctor", "--json").out)
    assert told["ok"] == (state != "problem")
    assert told["checks"] == [
        {"name": "disk", "found": "1 GB free", "state": state, "cure": "rm -r old"}
    ]
