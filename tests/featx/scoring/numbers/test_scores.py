"""Scores of predicted numbers: against independent computations, their intervals and their file."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from featx.errors import FeatxError
from featx.scoring.classes.predictions import read_predictions
from featx.scoring.numbers.file import read_number_predictions
from featx.scoring.numbers.levels import measure_levels
from featx.scoring.numbers.results import score_dimensions
from featx.scoring.numbers.scores import SeedNumbers, measure_seeds, score_numbers
from featx.scoring.predictions import predicted_dimensions
from featx.scoring.results_file import read_run_results

VALUES = st.floats(-1e3, 1e3)
PAIRS = st.integers(3, 30).flatmap(lambda n: arrays(float, (2, n, 1), elements=VALUES))


@given(PAIRS)
def test_each_metric_is_an_independent_one(pair):
    truth, found = pair
    scores = measure_seeds([SeedNumbers(truth, found, ["s"] * len(truth))])
    x, y = truth[:, 0], found[:, 0]
    assert scores["rmse"].item() == pytest.approx(np.mean((x - y) ** 2) ** 0.5, abs=1e-9)
    if min(np.var(x), np.var(y)) > 1e-6:
        below = np.var(x) + np.var(y) + (np.mean(x) - np.mean(y)) ** 2
        ccc = 2 * np.cov(x, y, bias=True)[0, 1] / below
        assert scores["ccc"].item() == pytest.approx(ccc, abs=1e-9)
        assert scores["pearson"].item() == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-9)


@given(PAIRS, st.floats(0.1, 10), st.floats(-100, 100))
def test_concordance_does_not_depend_on_the_unit(pair, size, offset):
    truth, found = pair
    if np.var(truth) < 1e-3:
        return
    speakers = ["s"] * len(truth)
    first = measure_seeds([SeedNumbers(truth, found, speakers)])["ccc"]
    second = measure_seeds([SeedNumbers(size * truth + offset, size * found + offset, speakers)])
    assert second["ccc"].item() == pytest.approx(first.item(), abs=1e-6)


def test_what_never_varies_scores_nothing_and_what_is_right_scores_all():
    truth = np.array([[0.1], [0.7], [0.4]])
    same = np.full((3, 1), 0.1)
    for x, y, ccc in ((truth, truth, 1), (truth, same, 0), (same, same, 0)):
        scores = measure_seeds([SeedNumbers(x, y, ["s"] * 3)])
        assert scores["ccc"].item() == pytest.approx(ccc, abs=1e-12)
        assert scores["pearson"].item() == pytest.approx(ccc, abs=1e-12)


def make_seeds(seeds=2, speakers=8, noise=0.5):
    generator = np.random.default_rng(0)
    truth = generator.standard_normal((60, 2)) * [1, 50] + [0, 300]
    names = [f"s{n % speakers}" for n in range(60)]
    return [
        SeedNumbers(truth, truth + noise * generator.standard_normal((60, 2)) * [1, 50], names)
        for _ in range(seeds)
    ]


def test_the_interval_is_that_of_a_bootstrap_over_speakers():
    (seed,) = make_seeds(1)
    owners = np.array([int(name[1:]) for name in seed.speakers])
    generator = np.random.default_rng(1)
    drawn = []
    for _ in range(1000):
        rows = np.concatenate([np.flatnonzero(owners == n) for n in generator.integers(8, size=8)])
        again = SeedNumbers(seed.truth[rows], seed.predictions[rows], ["s"] * len(rows))
        drawn.append(measure_seeds([again])["ccc"][0, 1])
    score = score_numbers([seed]).each[1]["ccc"]
    assert score.low < score.mean < score.high
    np.testing.assert_allclose(
        [score.low, score.high], np.percentile(drawn, (2.5, 97.5)), atol=0.01
    )


def test_the_mean_and_the_deviation_are_over_seeds():
    seeds = make_seeds(3)
    values = measure_seeds(seeds)["ccc"]
    found = score_numbers(seeds)
    assert found.each[0]["ccc"].std == pytest.approx(values[:, 0].std(ddof=1))
    assert found.mean.mean == pytest.approx(values.mean())
    assert np.isnan(score_numbers(seeds[:1]).mean.std)


def test_errors_are_counted_in_fifths_of_the_true_values():
    truth = np.arange(100.0)
    levels = measure_levels(truth, truth + np.where(truth < 20, 3, 0), 1)
    assert [level.utterances for level in levels] == [20] * 5
    assert [level.rmse for level in levels] == [3, 0, 0, 0, 0]
    assert [level.bias for level in levels] == [3, 0, 0, 0, 0]
    assert levels[0].high < levels[1].low
    coarse = measure_levels(np.array([1.0, 1, 1, 1, 2]), np.zeros(5), 1)
    assert [(level.low, level.high) for level in coarse] == [(1, 1), (2, 2)]


def test_results_survive_their_file(tmp_path):
    path = tmp_path / "metrics.json"
    for seeds in (1, 2):
        results = score_dimensions("a run", ("pitch", "level"), make_seeds(seeds), False, ["So."])
        path.write_text(json.dumps(results.to_json()))
        again = read_run_results(path)
        assert again.to_json() == results.to_json()
        assert again.to_text() == results.to_text()
    text = results.to_text()
    assert "Means ± deviations of 2 seeds; intervals over speakers." in text
    assert "The intervals rest on 8 speakers and are too narrow." in text
    assert "<table" in results._repr_html_()


HEADER = "utterance,seed,split,pitch,predicted_pitch\n"


def test_a_file_of_numbers_is_read(tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_text(HEADER + "a,0,test,1.5,2\nb,0,validation,3,x\na,1,test,1.5,1\n")
    found = read_number_predictions(path)
    assert [(row.utterance, row.seed) for row in found.rows] == [("a", "0"), ("a", "1")]
    assert [(row.truth, row.predicted) for row in found.rows] == [((1.5,), (2,)), ((1.5,), (1,))]
    assert found.left_out == 1
    assert predicted_dimensions(path) == ("pitch",)
    with pytest.raises(FeatxError, match=r"label"):
        read_predictions(path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,0,test,1,high\n", r"line 2: predicted_pitch is 'high', not a number"),
        ("a,0,test,,1\n", r"line 2: pitch is '', not a number"),
        ("a,0,test,1,1\na,0,test,1,1\n", r"line 3: utterance 'a' is already on line 2"),
        ("a,0,train,1,1\n", r"none of its 1 row is of the test part"),
    ],
)
def test_an_unusable_file_of_numbers_is_refused(tmp_path, rows, message):
    path = tmp_path / "numbers.csv"
    path.write_text(HEADER + rows)
    with pytest.raises(FeatxError, match=message):
        read_number_predictions(path)
