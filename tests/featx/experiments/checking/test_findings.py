"""Findings are written in the words of their reader."""

from featx.errors import Call, FeatxError
from featx.experiments.checking.findings import Findings


def test_a_problem_is_written_as_the_reader_asks_for_it():
    findings = Findings()
    with findings.at("heads.dense"):
        raise FeatxError("No features.\nNone.", Call("Make them", "extract", {"model": "x"}))
    findings.warn("corpora.tones", "few speakers")
    error, warning = findings
    assert findings.errors == [error]
    text = str(error)
    assert text.startswith("error: heads.dense: No features.\n  None.")
    assert "featx.extract(model='x')" in text
    assert error.to_text(lambda problem: problem.message).endswith("None.")
    assert str(warning) == "warning: corpora.tones: few speakers"
