"""The calibration of several labels, from a run's predictions and temperatures."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

import featx
from featx.errors import FeatxError
from featx.reporting.labels.calibration import calibration_panel, calibration_sheet, judge_run
from featx.reporting.runs import read_runs

SHARES = {"loud": (0.9, 0.2), "sad": (0.6, 0.1)}  # of each label in either half of the utterances


@pytest.fixture
def run(workplace):
    """A file of 40 utterances in two folds: each label fits every other utterance."""
    Path("run").mkdir()
    lines = ["utterance,speaker,fold,seed,split,labels,predictions,p_loud,p_sad"]
    for number in range(40):
        half = number // 20
        label = "loud|sad" if number % 2 else "(none)"
        shares = [own[half] for own in SHARES.values()]
        found = "|".join(n for n, s in zip(SHARES, shares, strict=True) if s >= 0.5) or "(none)"
        row = [f"u{number}", f"s{number % 4}", half, 0, "test", label, found, *shares]
        lines.append(",".join(map(str, row)))
    Path("run/predictions.csv").write_text("\n".join(lines) + "\n")
    return Path("run")


def keep(run, *by_fold):
    entries = [{"seed": 0, "fold": n, "temperatures": own} for n, own in enumerate(by_fold)]
    (run / "calibration.json").write_text(json.dumps({"temperatures": entries}))


def test_each_label_of_each_model_has_its_own_temperature(run):
    keep(run, {"sad": 1.0, "loud": 2.0}, {"sad": 4.0, "loud": 1.0})
    (read,) = read_runs([run])
    labels = judge_run(read)
    assert [label.name for label in labels] == ["loud", "sad"]
    cooled = [(expit(logit(0.9) / 2), 0.2), (0.6, expit(logit(0.1) / 4))]
    for label, given, expected in zip(labels, SHARES.values(), cooled, strict=True):
        before, after = label.judged
        np.testing.assert_allclose(after.confidence[[0, -1]], expected, rtol=1e-5)
        for own, shares in ((before, given), (after, expected)):
            assert own.error == pytest.approx(100 * np.mean(np.abs(np.array(shares) - 0.5)))
    sheet = calibration_sheet("run", labels)
    assert [cell.text for cell in sheet.rows[0]] == ["loud", "35.0", f"{after_of(labels[0]):.1f}"]
    assert [cell.text for cell in sheet.rows[-1]][:2] == ["mean of the labels", "30.0"]
    (chart,) = calibration_panel("run", labels[0]).charts
    assert [line.name for line in chart.lines][1:] == ["as given", "with temperatures"]


def after_of(label):
    return label.judged[1].error


def test_the_report_draws_each_label_with_or_without_temperatures(run):
    page, markdown, _ = (path.read_text() for path in featx.report(run))
    assert "| sad | 25.0 |" in markdown
    for label in SHARES:
        assert f"run: {label} by probability" in page
    assert "change no model&#39;s labels" in page or "change no model's labels" in page
    keep(run, {"sad": 1.0, "loud": 2.0})
    with pytest.raises(FeatxError, match=r"calibration.json.*no temperature of seed 0, fold"):
        featx.report(run)


def test_scores_that_are_no_probabilities_are_not_judged(run):
    path = run / "predictions.csv"
    path.write_text(path.read_text().replace("0.9", "1.9"))
    _, markdown, _ = (path.read_text() for path in featx.report(run))
    assert "run: it has no columns of probabilities from 0 to 1." in markdown
