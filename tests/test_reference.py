"""Published predictions score as their paper says."""

import os
from pathlib import Path

import pytest

import featx

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif("FEATX_DATA" not in os.environ, reason="FEATX_DATA is unset"),
]


def test_pepino_et_al_2021():
    """The RAVDESS cells of their table of average recall, mean ± deviation of five seeds."""
    folder = Path(os.environ["FEATX_DATA"]) / "reference"
    found = {system.name: system.results for system in featx.evaluate(folder).systems}
    assert str(found["none-egemaps"].scores["uar"]) == "57.0 ± 2.4"
    assert str(found["w2v2PT-alllayers"].scores["uar"]) == "84.3 ± 1.7"
    files = featx.evaluate(sorted(folder.glob("*/*.csv")))
    assert {system.name: system.results.scores for system in files.systems} == {
        name: results.scores for name, results in found.items()
    }
