"""Published predictions score as their paper says."""

import json
import os
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif("FEATX_DATA" not in os.environ, reason="FEATX_DATA is unset"),
]


def test_pepino_et_al_2021(run_featx):
    """The RAVDESS cells of their table of average recall, mean ± deviation of five seeds."""
    folder = Path(os.environ["FEATX_DATA"]) / "reference"
    outcome = run_featx("evaluate", folder)
    assert outcome.code == 0, outcome.err
    cells = {line.split()[0]: line for line in outcome.out.splitlines() if "±" in line}
    assert "57.0 ± 2.4" in cells["none-egemaps"]
    assert "84.3 ± 1.7" in cells["w2v2PT-alllayers"]
    assert run_featx("evaluate", *sorted(folder.glob("*/*.csv"))).out == outcome.out
    found = json.loads(run_featx("evaluate", folder, "--json").out)["systems"]
    assert found["w2v2PT-alllayers"]["uar"]["mean"] == pytest.approx(84.3, abs=0.05)
    assert found["w2v2PT-alllayers"]["uar"]["std"] == pytest.approx(1.7, abs=0.05)
