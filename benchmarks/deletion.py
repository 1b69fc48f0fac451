"""Does an explanation mean something? Take away what it names, and as much by chance.

Each utterance is explained by the head that was tested on it. A share of its frames is replaced, in
all layers, by the average frame of training: those that speak most for the predicted class, random
ones (the mean of ten draws), and those that speak most against it. Printed is how far the class's
logit, less the mean of all classes', falls (Samek et al. 2017, "Evaluating the Visualization of
What a Deep Neural Network Has Learned", do so with images).

With `--audio`, stretches of 0.2 s of the audio are silenced instead and everything is computed
anew: of all stretches, and of the louder half of them, as silence can't be silenced.

    python -m benchmarks.deletion RUN --features features/manifest/whisper-tiny.en
    python -m benchmarks.deletion RUN --audio manifest.csv --utterances 32
"""

import argparse
import csv
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile
import torch

import featx
from cache import FeatureStore
from classifiers.batch import Part
from classifiers.head import Head
from featx.explanation.contributions import find_contributions, find_logits

SHARES = (0.1, 0.2, 0.3)
DRAWS = 10
SILENCED = 0.2  # share of the stretches


def main() -> None:
    """Print how far logits fall."""
    parser = argparse.ArgumentParser(description="What an explanation names, taken away.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--features", type=Path)
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--utterances", type=int, default=240)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with (given.run / "predictions.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    if given.audio:
        silence_stretches(given.run, given.audio, rows, given.utterances)
    else:
        delete_frames(given.run, given.features, rows, given.utterances)


def delete_frames(run: Path, features: Path, rows: list[dict[str, str]], most: int) -> None:
    """Replace frames of stored features by the average frame."""
    rows = rows[:: max(1, len(rows) // most)]
    model: Any = featx.load(run)
    names = [row["utterance"] for row in rows]
    selections = model.heads.select([FeatureStore(features)])
    examples = model.heads.examples(selections, names, [row["speaker"] for row in rows])
    keys = [(str(member.seed), str(member.fold)) for member in model.heads.members]
    random = np.random.default_rng(0)
    falls = []
    for place, row in enumerate(rows):
        number = keys.index((row["seed"], row["fold"]))
        part = next(examples[number].parts([[place]]))
        falls.append(fall_of(model.heads.members[number].head, part, random))
    print(f"{len(rows)} utterances\nframes    for  random  against   for > random")
    for share, own in zip(SHARES, np.array(falls).transpose(1, 0, 2), strict=True):
        wins = 100 * (own[:, 0] > own[:, 1]).mean()
        print(f"{share:6.0%} " + "  ".join(f"{v:6.2f}" for v in own.mean(0)) + f"   {wins:9.0f} %")


def fall_of(head: Head, part: Part, random: np.random.Generator) -> list[list[float]]:
    """Return for each share how far the logit falls without frames for, random and against."""
    label = int(find_logits(head, part).argmax())
    added = find_contributions(head, part, label).values[0].sum(0)
    order, whole = np.argsort(-added), logit_without(head, part, label, np.array([], int))
    falls = []
    for share in SHARES:
        count = max(1, round(share * len(added)))
        draws = [random.permutation(len(added))[:count] for _ in range(DRAWS)]
        by_chance = np.mean([logit_without(head, part, label, draw) for draw in draws])
        first, last = (logit_without(head, part, label, f) for f in (order[:count], order[-count:]))
        falls.append([whole - first, whole - float(by_chance), whole - last])
    return falls


def logit_without(head: Head, part: Part, label: int, frames: np.ndarray) -> float:
    """Return the class's logit where some frames are the average frame."""
    given = part.inputs[0]
    assert given.mean is not None
    values = given.features[0].float().clone()
    values[:, frames] = given.mean[0][:, None]
    logits = find_logits(head, replace(part, inputs=[replace(given, features=[values])]))
    return float(logits[label] - logits.mean())


def silence_stretches(run: Path, audio: Path, rows: list[dict[str, str]], most: int) -> None:
    """Silence stretches of the audio of utterances that the heads of the first fold never heard."""
    rows, random = [row for row in rows if row["fold"] == "0"], np.random.default_rng(0)
    paths = {u.utterance: u.path for u in featx.load_manifest(audio).utterances}
    chosen = [rows[i]["utterance"] for i in np.sort(random.permutation(len(rows))[:most])]
    model = featx.load(run)
    with TemporaryDirectory() as folder:
        labels: dict[str, int] = {}
        files = []
        for number, name in enumerate(chosen):
            why = featx.explain(model, paths[name], fold=0)
            labels[str(number)] = model.classes.index(why.label)
            waveform, rate = soundfile.read(paths[name], dtype="float32")
            spans = [(round(s * rate), round(e * rate)) for s, e, _ in why.moments()]
            for kind, draws in stretches(why, waveform, spans, random).items():
                for draw, own in enumerate(draws):
                    quiet = waveform.copy()
                    for place in own:
                        quiet[slice(*spans[place])] = 0
                    files.append(Path(folder, f"{number}_{kind}_{draw}.wav"))
                    soundfile.write(files[-1], quiet, rate, subtype="FLOAT")
        logits: dict[str, dict[str, list[float]]] = {}
        for row in model.predict(files, fold=0):
            utterance, kind, _ = Path(row.utterance).stem.split("_")
            logs = np.log(np.array(list(row.probabilities.values())) + 1e-12)
            of_kind = logits.setdefault(kind, {}).setdefault(utterance, [])
            of_kind.append(float(logs[labels[utterance]] - logs.mean()))
    means = {kind: np.array([np.mean(each[n]) for n in labels]) for kind, each in logits.items()}
    whole = means.pop("nothing")
    print(f"{len(whole)} utterances, logit {whole.mean():.2f}; its fall and the standard error")
    for kind, left in means.items():
        falls = whole - left
        print(f"{kind:15} {falls.mean():5.2f} ± {falls.std(ddof=1) / len(falls) ** 0.5:.2f}")
    for name in ("", " of louder"):
        wins = 100 * (means[f"for{name}"] < means[f"random{name}"]).mean()
        print(f"for{name} above random{name}: {wins:.0f} % of utterances")


def stretches(
    why: Any, waveform: np.ndarray, spans: list[tuple[int, int]], random: np.random.Generator
) -> dict[str, list[np.ndarray]]:
    """Return which stretches are silenced, in several draws where they are random."""
    added = np.array([moment[2] for moment in why.moments()])
    energy = np.array([np.square(waveform[slice(*span)]).mean() for span in spans])
    louder, count = (
        np.flatnonzero(energy >= np.median(energy)),
        max(1, round(SILENCED * len(added))),
    )
    return {
        "nothing": [np.array([], int)],
        "for": [np.argsort(-added)[:count]],
        "random": [random.permutation(len(added))[:count] for _ in range(3)],
        "against": [np.argsort(added)[:count]],
        "loudest": [np.argsort(-energy)[:count]],
        "for of louder": [louder[np.argsort(-added[louder])][:count]],
        "random of louder": [random.permutation(louder)[:count] for _ in range(3)],
    }


if __name__ == "__main__":
    main()
