"""Does an explanation mean something? Frames that it names are deleted, and random ones.

    python benchmarks/explanation/deletion.py RUN STORE [UTTERANCES]

Each head explains utterances that it was tested on. Of each, a share of the frames is replaced in
all layers by the average frame of training: those that speak most for the predicted class, random
ones (the mean of ten draws), and those that speak most against it. What is printed is how far the
class's logit, less the mean of all classes', falls (Samek et al. 2017, "Evaluating the
Visualization of What a Deep Neural Network Has Learned", measure images so).
"""

import csv
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import featx
from cache import FeatureStore
from featx.explanation.contributions import find_contributions, find_logits

SHARES = (0.1, 0.2, 0.3)
DRAWS = 10


def main() -> None:
    run, store = Path(sys.argv[1]), FeatureStore(sys.argv[2])
    most = int(sys.argv[3]) if len(sys.argv) > 3 else 240
    model = featx.load(run)
    tests = [row for row in read_rows(run) if row["split"] == "test"]
    tests = tests[:: max(1, len(tests) // most)]
    names = [row["utterance"] for row in tests]
    selections = model.heads.select([store])
    examples = model.heads.examples(selections, names, [row["speaker"] for row in tests])
    random = np.random.default_rng(0)
    members = {(m.seed, m.fold): (m, own) for m, own in zip(model.heads.members, examples)}
    falls = []
    for place, row in enumerate(tests):
        member, own = members[int(row["seed"]), int(row["fold"])]
        falls.append(delete(member.head, next(own.parts([[place]])), random))
    falls = np.array(falls)  # (utterances, shares, 3)
    print(
        f"{len(falls)} utterances; mean fall of the logit, and how often the first beats the second"
    )
    print("share     for  random  against   for > random")
    for share, own in zip(SHARES, falls.transpose(1, 0, 2)):
        wins = 100 * (own[:, 0] > own[:, 1]).mean()
        print(f"{share:5.0%}  " + "  ".join(f"{v:6.2f}" for v in own.mean(0)) + f"   {wins:9.0f} %")


def read_rows(run: Path) -> list[dict[str, str]]:
    with (run / "predictions.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def delete(head, part, random) -> list[list[float]]:
    logits = find_logits(head, part)
    label = int(logits.argmax())
    added = find_contributions(head, part, label).values[0].sum(0)
    order = np.argsort(-added)
    whole = logit_without(head, part, label, [])
    falls = []
    for share in SHARES:
        count = max(1, round(share * len(added)))
        draws = [random.permutation(len(added))[:count] for _ in range(DRAWS)]
        by_chance = np.mean([logit_without(head, part, label, draw) for draw in draws])
        left = [
            logit_without(head, part, label, chosen) for chosen in (order[:count], order[-count:])
        ]
        falls.append([whole - left[0], whole - by_chance, whole - left[1]])
    return falls


def logit_without(head, part, label, frames) -> float:
    given = part.inputs[0]
    values = given.features[0].float().clone()
    values[:, frames] = given.mean[0][:, None]
    logits = find_logits(head, replace(part, inputs=[replace(given, features=[values])]))
    return float(logits[label] - logits.mean())


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
