"""Votes of systems that predict numbers: their mean, and what is refused."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.errors import FeatxError
from featx.voting.numbers.averaging import average

TRUTH = np.random.default_rng(0).standard_normal((12, 2)) * [1, 100] + [0, 500]


def ccc(truth, found):
    both = ((truth - truth.mean()) * (found - found.mean())).mean()
    return 2 * both / (truth.var() + found.var() + (truth.mean() - found.mean()) ** 2)


@pytest.fixture
def system(workplace):
    """Write a system's predictions: two folds, each validated on the other's utterances."""

    def write(name, noise, seeds=(0,), dimensions=("pitch", "level"), validation=True):
        rows = []
        for seed in seeds:
            draw = np.random.default_rng(100 * seed + len(name))
            for split in ("validation", "test") if validation else ("test",):
                found = TRUTH + noise * draw.standard_normal(TRUTH.shape) * [1, 100]
                for n in range(12):
                    fold = n % 2 if split == "test" else 1 - n % 2
                    known = {"utterance": f"u{n}", "speaker": f"s{n // 2}", "fold": fold}
                    row = {**known, "seed": seed, "split": split}
                    for place, dimension in enumerate(dimensions):
                        row[dimension] = TRUTH[n, place]
                        row[f"predicted_{dimension}"] = found[n, place]
                    rows.append(row)
        path = Path(f"{name}.csv")
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


def read(path, split="test", seed="0"):
    with Path(path).open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if (r["split"], r["seed"]) == (split, seed)]
    return sorted(rows, key=lambda row: row["utterance"])


def predicted(rows, name="pitch"):
    return np.array([float(row[f"predicted_{name}"]) for row in rows])


def test_numbers_are_averaged_and_written_as_any_runs(system):
    paths = [system("good", 0.1), system("poor", 1.0)]
    run = featx.vote(paths)
    assert run.folder == Path("runs/vote-mean-good+poor")
    expected = np.mean([predicted(read(path)) for path in paths], 0)
    rows = read(run.predictions)
    np.testing.assert_allclose(predicted(rows), expected, rtol=1e-6)
    truth = np.array([float(row["pitch"]) for row in rows])
    scores = run.results.dimensions["pitch"]
    assert scores["ccc"].mean == pytest.approx(ccc(truth, expected), rel=1e-5)
    assert len(read(run.predictions, "validation")) == 12
    stored = json.loads((run.folder / "metrics.json").read_text())
    assert [member["name"] for member in stored["vote"]["members"]] == ["good", "poor"]
    assert "validation CCC" in (run.folder / "report.txt").read_text()
    assert (
        "by the rule mean: the mean of what its members predict"
        in (run.folder / "README.md").read_text()
    )
    again = featx.vote([run, paths[0]], name="again")  # a vote can vote
    np.testing.assert_allclose(
        predicted(read(again.predictions)), (expected + predicted(read(paths[0]))) / 2, rtol=1e-6
    )


def test_weights_are_the_ccc_of_the_folds_own_validation_data(system):
    paths = [system("good", 0.3), system("poor", 1.0)]
    run = featx.vote(paths, rule="weighted")
    for fold in "01":
        seen = [[r for r in read(path, "validation") if r["fold"] == fold] for path in paths]
        weights = [
            max(0, ccc(np.array([float(r["pitch"]) for r in rows]), predicted(rows)))
            for rows in seen
        ]
        each = [predicted([r for r in read(p) if r["fold"] == fold]) for p in paths]
        own = [row for row in read(run.predictions) if row["fold"] == fold]
        expected = np.average(each, axis=0, weights=weights)
        np.testing.assert_allclose(predicted(own), expected, rtol=1e-5)


def test_weights_that_have_seen_what_is_tested_are_said(system):
    paths = [system("good", 0.3), system("poor", 1.0)]
    assert not any("has seen labels" in note for note in featx.vote(paths).results.remarks)
    own = featx.vote(paths, rule="weighted").results.remarks
    assert not any("has seen labels" in remark for remark in own)
    for path in paths:  # without folds all utterances that are tested are validated on
        rows = [line.split(",") for line in path.read_text().splitlines()]
        path.write_text("\n".join(",".join(row[:2] + row[3:]) for row in rows))
    other = featx.vote(paths, rule="weighted", name="other")
    (said,) = [r for r in other.results.remarks if "has seen labels of test utterances" in r]
    log = (other.folder / "run.log").read_text()
    assert other.results.title in log
    assert said in log


def test_a_single_seed_votes_with_each_of_the_others(system):
    paths = [system("good", 0.1), system("poor", 1.0, seeds=(0, 1))]
    run = featx.vote(paths)
    assert run.results.seeds == 2
    expected = (predicted(read(paths[0])) + predicted(read(paths[1], seed="1"))) / 2
    np.testing.assert_allclose(predicted(read(run.predictions, seed="1")), expected, rtol=1e-6)
    seeds = featx.vote(paths[1], over_seeds=True).results
    assert seeds.seeds == 1


def test_systems_that_are_no_better_than_chance_weigh_nothing():
    predictions = np.arange(12.0).reshape(3, 2, 2)
    weights = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 0.0]])
    found = average(predictions, weights)
    np.testing.assert_allclose(found[:, 0], (predictions[0, :, 0] + 3 * predictions[1, :, 0]) / 4)
    np.testing.assert_allclose(found[:, 1], predictions[..., 1].mean(0))  # nobody weighs anything


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "soft"}, r"`rule='soft'` is for classes, and good predicts numbers"),
        ({"tie": "first"}, r"`tie` is for votes on a class"),
        ({"search": "2"}, r"`search` is for votes on a class"),
    ],
)
def test_what_has_no_meaning_for_numbers_is_refused(system, options, message):
    with pytest.raises(FeatxError, match=message):
        featx.vote([system("good", 0.1), system("poor", 1.0)], **{"rule": "mean", **options})


def test_systems_that_do_not_go_together_are_refused(system):
    good = system("good", 0.1)
    Path("classes.csv").write_text("utterance,label,prediction\nu0,a,a\nu1,b,b\n")
    with pytest.raises(FeatxError, match=r"good predicts numbers, classes predicts none"):
        featx.vote([good, "classes.csv"])
    with pytest.raises(FeatxError, match=r"good predicts pitch, level, other pitch"):
        featx.vote([good, system("other", 0.1, dimensions=("pitch",))])
    with pytest.raises(FeatxError, match=r"`rule='weighted'` needs validation predictions"):
        featx.vote([good, system("unseen", 0.1, validation=False)], rule="weighted")
    Path("more.csv").write_text("utterance,label,prediction\nu0,a,a\nu1,b,a\n")
    with pytest.raises(FeatxError, match=r"`rule='mean'` averages numbers"):
        featx.vote(["classes.csv", "more.csv"], rule="mean")


def test_an_utterance_that_is_validated_on_twice_is_refused(system):
    paths = [system("good", 0.1), system("poor", 1.0)]
    text = paths[0].read_text()
    row = next(line for line in text.splitlines() if ",validation," in line)
    paths[0].write_text(f"{text}{row}\n")
    with pytest.raises(FeatxError, match=r"'u0' is validated on twice"):
        featx.vote(paths)
