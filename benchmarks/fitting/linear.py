"""Time the linear heads' solvers, ours and scikit-learn's, on a fold of a real store.

In one process and in turn, on the fold's pooled and standardised training utterances, for all
strengths of the shipped heads, on one core; medians of `--runs`:

(a) `fit_logistic`, which solves to the end
(b) scikit-learn's `LogisticRegression` as it comes, each strength beginning where the last ended
(c) the same with a tolerance of 1e-8, which also solves to the end
(d) `fit_machines`, support vector machines

Beside the times is how far logits are from those of (a), at most, of all strengths.

    python -m benchmarks.fitting.linear --features features/manifest/whisper-tiny.en
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from benchmarks.setting import describe_machine
from classifiers.linear import LinearSettings, pool
from classifiers.logistic import fit_logistic
from classifiers.machine import fit_machines
from featx.data.manifest import load_manifest
from featx.fitting.config import head_config
from featx.fitting.inputs.data import fold_examples, load_data, prepare
from featx.protocols.protocol import choose_protocol

Solution = tuple[np.ndarray, np.ndarray]


def main() -> None:
    """Time them and print the table."""
    parser = argparse.ArgumentParser(description="Linear heads, ours and scikit-learn's.")
    parser.add_argument("--manifest", type=Path, default=Path("manifest.csv"))
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--protocol", default="ravdess-speakers-6fold")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    features, labels, strengths = read_fold(given.manifest, given.features, given.protocol)
    machine = describe_machine(torch.device("cpu"))
    print(f"{machine}; {len(labels)} utterances, {features.shape[1]:,} features")
    solvers: dict[str, Callable[[], Iterator[Solution]]] = {
        "(a) fit_logistic": lambda: solved(fit_logistic(features, labels, strengths)),
        "(b) LogisticRegression": lambda: theirs(features, labels, strengths, tol=1e-4),
        "(c) LogisticRegression, tol=1e-8": lambda: theirs(features, labels, strengths, tol=1e-8),
        "(d) fit_machines": lambda: solved(fit_machines(features, labels, strengths)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in solvers}
    logits: dict[str, np.ndarray] = {}
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(given.runs):
            for name, solve in solvers.items():
                begin = time.perf_counter()
                found = list(solve())
                seconds[name].append(time.perf_counter() - begin)
                logits[name] = np.stack([features @ rows.T + offsets for rows, offsets in found])
    report(seconds, logits)


def read_fold(
    manifest: Path, features: Path, protocol: str
) -> tuple[np.ndarray, np.ndarray, Sequence[float]]:
    """Return a fold's standardised training utterances, their labels, and strengths to try."""
    corpus = load_manifest(manifest)
    data = {
        "manifest": str(manifest),
        "features": [str(features)],
        "normalize": "global",
        "protocol": choose_protocol(protocol, corpus, 5, False).model_dump(mode="json"),
        "seeds": 1,
        "skip_missing": False,
    }
    config = head_config("linear", data)
    assert isinstance(config.head, LinearSettings)
    loaded = load_data(config, corpus, torch.device("cpu"))
    sources = prepare(loaded, "global", keep=True, pooled=True)
    training = fold_examples(loaded.task, sources, loaded.task.folds[0], "global")["train"]
    (part,) = training.parts([range(len(training))])
    pooled = pool(part.inputs[0], "mean+deviation").double().numpy()
    return (pooled - pooled.mean(0)) / pooled.std(0), training.targets, config.head.strengths


def solved(solutions: Iterator[tuple[np.ndarray, np.ndarray, bool]]) -> Iterator[Solution]:
    """Take our solvers' solutions, all of which must be solved."""
    for rows, offsets, done in solutions:
        assert done
        yield rows, offsets


def theirs(
    features: np.ndarray, labels: np.ndarray, strengths: Sequence[float], tol: float
) -> Iterator[Solution]:
    """Solve with scikit-learn's L-BFGS."""
    model = LogisticRegression(class_weight="balanced", max_iter=20_000, tol=tol, warm_start=True)
    for strength in strengths:
        model.set_params(C=strength).fit(features, labels)
        yield model.coef_, model.intercept_


def report(seconds: dict[str, list[float]], logits: dict[str, np.ndarray]) -> None:
    """Print a row for each solver."""
    first = next(iter(seconds))
    fastest = statistics.median(seconds[first])
    for name, times in seconds.items():
        median = statistics.median(times)
        line = f"{name:34s} {median:7.2f} s ({min(times):.2f} to {max(times):.2f})"
        line += f"  {median / fastest:6.2f} × (a)"
        if "machines" not in name:
            line += f"  logits off by {centred(logits[name] - logits[first]):.2g}"
        print(line)
    print(f"the largest logit is {centred(logits[first]):.1f}")


def centred(logits: np.ndarray) -> float:
    """Return the largest size of logits from which the mean over classes is taken."""
    return float(np.abs(logits - logits.mean(2, keepdims=True)).max())


if __name__ == "__main__":
    main()
