"""Systems that predict numbers: scored from their files, and compared."""

import json
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.comparison.compare_numbers import NumberComparison
from featx.errors import FeatxError


@pytest.fixture
def write_numbers(workplace):
    """Write a system's predictions of two dimensions, as far off as asked."""

    def write(name: str, noise: float, columns: str = "pitch,level", seeds: int = 2) -> Path:
        generator = np.random.default_rng(len(name))
        truth = np.random.default_rng(0).standard_normal((40, 2))
        first, second = columns.split(",")
        lines = [f"utterance,speaker,seed,{first},predicted_{first},{second},predicted_{second}"]
        for seed in range(seeds):
            found = truth + noise * generator.standard_normal((40, 2))
            lines += [
                f"u{n},s{n % 8},{seed},{x},{a},{y},{b}"
                for n, ((x, y), (a, b)) in enumerate(zip(truth, found, strict=True))
            ]
        folder = workplace / name
        folder.mkdir()
        (folder / "numbers.csv").write_text("\n".join(lines) + "\n")
        return folder

    return write


def test_a_file_of_numbers_is_scored(write_numbers):
    (system,) = featx.evaluate(write_numbers("good", 0.1)).systems
    assert system.results.scores["ccc"].mean > 0.97
    assert list(system.results.dimensions) == ["pitch", "level"]
    assert (system.results.seeds, system.results.speakers) == (2, 8)
    value = json.loads(featx.evaluate(Path("good")).to_json())
    assert value["task"] == "regression"
    assert value["utterances"] == 40


def test_several_are_a_row_each(write_numbers):
    evaluation = featx.evaluate([write_numbers("good", 0.1), write_numbers("poor", 1)])
    text = evaluation.to_text()
    assert "CCC pitch" in text
    (row,) = [line.split() for line in text.splitlines() if "poor" in line]
    assert row[-2:] == ["2", "40"]
    assert "poor" in evaluation._repr_html_()


def test_a_difference_has_an_interval_and_a_p(write_numbers):
    paths = [write_numbers("good", 0.1), write_numbers("poor", 1), write_numbers("same", 0.1)]
    comparison = featx.compare(paths)
    assert isinstance(comparison, NumberComparison)
    better, equal, worse = comparison.pairs
    assert better.difference.low > 0
    assert better.p < 0.01 <= equal.p
    assert better.holm >= better.p
    assert worse.difference.high < 0
    assert list(better.parts) == ["", "pitch", "level"]
    _, *means = (own.mean for own in better.parts.values())
    assert np.mean(means) == pytest.approx(better.difference.mean)
    text = comparison.to_text()
    assert "good − poor, pitch" in text
    assert "McNemar" not in text
    pair = json.loads(comparison.to_json())["pairs"][0]
    assert pair["ccc_difference"]["low"] <= pair["ccc_difference"]["mean"]
    assert comparison.to_markdown().count("good − same") == 3
    assert "good" in comparison.to_latex()


def test_a_system_does_not_differ_from_itself(write_numbers):
    first = write_numbers("good", 0.5)
    (first.parent / "copy").mkdir()
    (first.parent / "copy" / "numbers.csv").write_bytes((first / "numbers.csv").read_bytes())
    (pair,) = featx.compare([first, first.parent / "copy"]).pairs
    assert (pair.difference.mean, pair.difference.low, pair.difference.high, pair.p) == (0, 0, 0, 1)


def test_what_does_not_fit_together_is_refused(write_numbers):
    good, other = write_numbers("good", 0.1), write_numbers("other", 0.1, "pitch,speed")
    with pytest.raises(FeatxError, match=r"good predicts pitch, level, other pitch, speed"):
        featx.compare([good, other])
    Path("classes").mkdir()
    Path("classes/a.csv").write_text("utterance,label,prediction\nu0,a,b\n")
    with pytest.raises(FeatxError, match=r"good predicts numbers, .* predicts classes"):
        featx.evaluate([good, "classes"])
    text = (good / "numbers.csv").read_text()
    (good / "numbers.csv").write_text(text.replace("u1,s1,1,", "u1,s1,1,9"))
    with pytest.raises(FeatxError, match=r"1 utterance with another label .* 'u1'"):
        featx.evaluate(good)
