"""Votes of systems that predict several labels at once."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.errors import FeatxError

LABELS = ("loud", "sad")


@pytest.fixture
def systems(workplace):
    """Three systems' predictions of two labels, of a validation and a test part of two seeds."""
    truth = np.random.default_rng(0).random((30, 2)) < 0.5
    for place, name in enumerate(("one", "two", "three")):
        rows = []
        for seed in range(2):
            noise = np.random.default_rng(10 * place + seed).standard_normal((30, 2))
            found = np.round((truth + 0.7 * noise).clip(0, 1), 4)
            for n, (fits, shares) in enumerate(zip(truth, found, strict=True)):
                own = "|".join(np.array(LABELS)[fits]) or "(none)"
                split = "validation" if n < 10 else "test"
                rows.append([f"u{n}", f"s{n % 5}", 0, seed, split, own, *shares])
        header = ["utterance", "speaker", "fold", "seed", "split", "labels", "p_loud", "p_sad"]
        Path(name).mkdir()
        with Path(name, "predictions.csv").open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])
    return ["one", "two", "three"]


def read(path):
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    keyed = {(row["seed"], row["utterance"]): row for row in rows}
    return {key: [float(row[f"p_{n}"]) for n in LABELS] for key, row in keyed.items()}, keyed


def test_the_mean_probability_decides_each_label(systems):
    run = featx.vote(systems)
    found, rows = read(run.predictions)
    each = [read(Path(name, "predictions.csv"))[0] for name in systems]
    for key, shares in found.items():
        assert shares == pytest.approx(np.mean([own[key] for own in each], 0))
        chosen = "|".join(np.array(LABELS)[np.array(shares) >= 0.5]) or "(none)"
        assert rows[key]["predictions"] == chosen
    (system,) = featx.evaluate(run).systems
    assert system.results.scores["macro_f1"].mean == run.results.scores["macro_f1"].mean
    vote = json.loads((run.folder / "metrics.json").read_text())["vote"]
    assert vote["rule"] == "soft"
    assert [member["name"] for member in vote["members"]] == systems
    assert vote["members"][0]["validation_macro_f1"] > 50
    card = (run.folder / "README.md").read_text()
    assert "A vote on loud, sad by the rule soft: a label" in card
    assert "validation macro F1" in card
    assert featx.vote(systems).folder == run.folder
    featx.vote(systems, overwrite=True)
    assert (run.folder / "README.md").read_text().startswith(f"# {run.folder.name}\n")


def test_what_members_say_of_themselves_is_in_the_log(systems):
    member = featx.vote(systems[:2], name="member")
    scores = json.loads((member.folder / "metrics.json").read_text())
    scores["remarks"] = ["It has heard too little."]
    (member.folder / "metrics.json").write_text(json.dumps(scores))
    run = featx.vote([member.folder, "three"], name="all")
    log = (run.folder / "run.log").read_text()
    assert run.results.title in log
    assert "It has heard too little (member)." in log


def test_half_of_the_systems_predict_a_label_by_the_hard_rule(systems):
    found, _ = read(featx.vote(systems, rule="hard", over_seeds=False).predictions)
    each = [read(Path(name, "predictions.csv"))[0] for name in systems]
    for key, shares in found.items():
        votes = [np.array(own[key]) >= 0.5 for own in each]
        assert shares == pytest.approx(np.mean(votes, 0))
    seeds = featx.vote(systems, over_seeds=True)
    vote = json.loads((seeds.folder / "metrics.json").read_text())["vote"]
    assert (seeds.results.seeds, len(vote["members"])) == (1, 6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rule": "weighted"}, "`rule='weighted'`: one predicts several labels"),
        ({"search": 2}, "`search` is for votes on a class"),
        ({"systems": ["one", "classes.csv"]}, "one predicts several labels at once, classes does"),
        ({"systems": ["one"]}, "takes two or more"),
    ],
)
def test_what_does_not_go_together_is_refused(systems, options, words):
    Path("classes.csv").write_text("utterance,label,prediction\nu1,sad,sad\n")
    with pytest.raises(FeatxError, match=words):
        featx.vote(**{"systems": systems, **options})
