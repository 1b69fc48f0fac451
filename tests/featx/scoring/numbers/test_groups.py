"""Groups of predicted numbers are scored as if each were alone."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.scoring.groups.grouping import score_groups
from featx.scoring.numbers.groups import Numbered
from featx.scoring.numbers.results import score_dimensions
from featx.scoring.numbers.scores import SeedNumbers


def predicted(speakers: int = 8, takes: int = 12, dimensions: int = 2):
    draw = np.random.default_rng(0)
    names = np.repeat([f"s{n}" for n in range(speakers)], takes).tolist()
    truth = draw.normal(4, 1, (len(names), dimensions))
    found = truth + draw.normal(0, 0.7, (3, *truth.shape))
    return names, truth, found


def test_a_group_has_the_scores_that_it_would_have_alone():
    names, truth, found = predicted()
    values = ["a" if int(name[1:]) < 4 else "b" for name in names]
    seeds = [SeedNumbers(truth, own, names) for own in found]
    scored = score_groups("sex", values, names, Numbered.of(seeds))
    for group in scored.groups:
        own = np.array(values) == group.value
        speakers = np.array(names)[own].tolist()
        alone = score_dimensions(
            "t", ["v", "a"], [SeedNumbers(truth[own], one[own], speakers) for one in found], None
        ).scores["ccc"]
        here = group.scores["ccc"]
        told = (here.mean, here.std, here.low, here.high)
        assert told == pytest.approx((alone.mean, alone.std, alone.low, alone.high))
    assert list(scored.gaps) == ["ccc"]
    assert not scored.percent


def test_rmse_is_that_of_a_single_dimension():
    names, truth, found = predicted(dimensions=1)
    values = ["a" if n % 2 else "b" for n in range(len(names))]
    scored = score_groups("intensity", values, names, Numbered(truth, found))
    own = np.array(values) == "a"
    misses = np.sqrt(((truth[own] - found[:, own]) ** 2).mean((1, 2))).mean()
    assert scored.groups[0].scores["rmse"].mean == pytest.approx(misses)
    assert scored.gaps["rmse"].paired


def test_files_of_numbers_are_scored_by_columns(workplace):
    names, truth, found = predicted(dimensions=1)
    header = ["utterance", "speaker", "arousal", "predicted_arousal"]
    rows = [[f"u{n}", names[n], truth[n, 0], found[0, n, 0]] for n in range(len(names))]
    sexes = [["utterance", "speaker", "sex"]]
    sexes += [[f"u{n}", name, ("f", "m")[int(name[1:]) % 2]] for n, name in enumerate(names)]
    for path, table in (("sys/a.csv", [header, *rows]), ("m.csv", sexes)):
        (workplace / path).parent.mkdir(exist_ok=True)
        with Path(path).open("w", newline="") as file:
            csv.writer(file).writerows(table)
    evaluation = featx.evaluate("sys", "m.csv", by="sex")
    (stored,) = json.loads(evaluation.to_json())["groups"]
    assert not stored["percent"]
    assert [group["utterances"] for group in stored["groups"]] == [48, 48]
    text = evaluation.to_text()
    assert "Largest gap in CCC by sex" in text
    assert "Largest gap in RMSE by sex" in text
    assert "points" not in text[text.index("Largest gap") :]
