"""Score and time the estimators and scikit-learn's logistic regression on a real store.

Each predicts every utterance from pooled features, in folds of whole speakers, on one core;
seconds are those of the processor, which others on the machine do not change much:

(a) scikit-learn's `StandardScaler` and `LogisticRegression(max_iter=1000)`, which stops early at
    a single C
(b) the same with `GridSearchCV` over the strengths that featx tries, on one held-out part
(c) `LinearClassifier`, which holds out a fifth of the rows to choose its strength
(d) `LinearClassifier` with a fixed strength
(e) `LinearClassifier("svm")`
(f) `DenseClassifier`

    python -m benchmarks.fitting.estimators --features features/manifest/whisper-tiny.en
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import featx
from benchmarks.setting import describe_machine
from classifiers.linear_estimator import STRENGTHS


def main() -> None:
    """Score and time them, and print the table."""
    parser = argparse.ArgumentParser(description="Estimators, ours and scikit-learn's.")
    parser.add_argument("--manifest", type=Path, default=Path("manifest.csv"))
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=6)
    given = parser.parse_args()
    torch.set_num_threads(1)
    pooled = featx.pooled_features(given.features, given.manifest)
    rows, columns = pooled.features.shape
    print(f"{describe_machine(torch.device('cpu'))}; {rows:,} utterances, {columns:,} features")
    first = 0.0
    for name, estimator in systems().items():
        with threadpool_limits(1):
            recall, seconds = score(estimator, pooled, given.folds)
        first = first or seconds
        line = (
            f"{name:52s} UAR {100 * recall:.1f} %  {seconds:6.1f} s  {seconds / first:5.2f} × (a)"
        )
        print(line, flush=True)


def systems() -> dict[str, Any]:
    """Return what is compared, by name."""
    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    balanced = LogisticRegression(max_iter=1000, class_weight="balanced")
    searched = GridSearchCV(
        make_pipeline(StandardScaler(), balanced),
        {"logisticregression__C": STRENGTHS},
        cv=StratifiedShuffleSplit(1, test_size=0.2, random_state=0),
        scoring="balanced_accuracy",
    )
    return {
        "(a) StandardScaler, LogisticRegression": logistic,
        "(b) the same in GridSearchCV, 6 strengths": searched,
        "(c) LinearClassifier()": featx.LinearClassifier(),
        "(d) LinearClassifier(strength=1e-2)": featx.LinearClassifier(strength=1e-2),
        '(e) LinearClassifier("svm")': featx.LinearClassifier("svm"),
        "(f) DenseClassifier()": featx.DenseClassifier(),
    }


def score(estimator: Any, pooled: Any, folds: int) -> tuple[float, float]:
    """Return the UAR over all utterances, and the processor seconds that all folds took."""
    x, y, speakers = pooled
    predicted = np.empty_like(y)
    begin = time.process_time()
    for training, test in GroupKFold(folds).split(x, y, speakers):
        predicted[test] = estimator.fit(x[training], y[training]).predict(x[test])
    return float(balanced_accuracy_score(y, predicted)), time.process_time() - begin


if __name__ == "__main__":
    main()
