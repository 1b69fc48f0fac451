"""Nothing of a fold's test part reaches its search, so the score of noise is chance."""

import csv
from pathlib import Path

import numpy as np
import pytest

from featx.runs.files import TUNING

SPEAKERS, TAKES, SHUFFLES = 9, 6, 4
CHANCE = 50
# two standard errors of the share of right guesses among all that is tested
WITHIN = 2 * 50 / np.sqrt(SPEAKERS * TAKES * SHUFFLES)


@pytest.mark.thorough
def test_the_outer_score_of_noise_is_chance_and_the_best_validation_score_is_not(
    noise, search, tried
):
    outer, inner = [], []
    for shuffle in range(SHUFFLES):
        noise(shuffle, SPEAKERS, TAKES)
        run = search(features=f"noise{shuffle}", trials=15)
        outer.append(run.results.scores["uar"].mean)
        inner.append(100 * float(tried(run, TUNING)[-1]["validation_score"]))
    assert abs(np.mean(outer) - CHANCE) < WITHIN
    assert np.mean(inner) > CHANCE + WITHIN  # the best of many is not: a search that leaks is seen


def test_labels_of_test_utterances_do_not_change_what_their_fold_chooses(noise, search, tried):
    noise()
    before = search("linear", trials=4, name="before")
    tested = {
        row["utterance"] for row in tried(before, "predictions.csv")
        if (row["fold"], row["split"]) == ("0", "test")
    }  # fmt: skip
    with Path("manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    swap = {"sad": "happy", "happy": "sad"}
    with Path("manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        for row in rows:
            swapped = swap[row["label"]] if row["utterance"] in tested else row["label"]
            writer.writerow({**row, "label": swapped})
    after = search("linear", trials=4, name="after")
    first, second = (tried(run) for run in (before, after))
    assert [r for r in first if r["fold"] == "0"] == [r for r in second if r["fold"] == "0"]
    assert [r for r in first if r["fold"] == "1"] != [r for r in second if r["fold"] == "1"]
