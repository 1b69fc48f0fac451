"""Linear support vector machines where features outnumber utterances, in a few exact steps.

liblinear, behind scikit-learn's `LinearSVC`, takes minutes or does not end on such features when
there is little regularisation.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from classifiers.logistic import balanced

STEPS = 100  # at most; about five are taken
_SMALLEST = 2.0**-20  # of a step


def fit_machines(
    features: np.ndarray,
    labels: np.ndarray,
    strengths: Sequence[float],
    counts: np.ndarray | None = None,
    balance: np.ndarray | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """Fit a machine for each class against the others, for one strength after another.

    The result is that of `LinearSVC(class_weight="balanced")`; with two classes there is one
    machine, the second class's.

    Args:
        features: (utterances, features).
        labels: (utterances,) class indices.
        strengths: values of C.
        counts: (utterances,) how often each counts, positive; once if None.
        balance: (classes,) how much each class that there is counts, in the order of their
            indices; all the same together if None.

    Yields:
        (machines, features) weights, (machines,) offsets, and whether all are solved.
    """
    classes, places = np.unique(labels, return_inverse=True)
    if balance is None:
        balance = balanced(places, counts)
    each = 1.0 if counts is None else counts
    machines = range(1, 2) if len(classes) == 2 else range(len(classes))
    products = features @ features.T + 1
    weights = np.zeros((len(machines), len(labels)))
    for strength in strengths:
        solved = True
        for row, machine in enumerate(machines):
            own = places == machine
            # as liblinear has it: of more than two classes, the others are not weighted
            others = balance[places] if len(classes) == 2 else 1.0
            costs = strength * each * np.where(own, balance[machine], others)
            signs = np.where(own, 1.0, -1.0)
            weights[row], done = fit_machine(products, signs, costs, weights[row])
            solved = solved and done
        yield weights @ features, weights.sum(1), solved


def fit_machine(
    products: np.ndarray, signs: np.ndarray, costs: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, bool]:
    """Fit a machine with squared hinge loss by Newton's method on its utterances.

    It minimises ½ aᵀKa + Σ c_i max(0, 1 - y_i (Ka)_i)², the problem of scikit-learn's `LinearSVC`
    written in the weights a_i of utterances. A Newton step solves it exactly for the utterances
    within the margin (Chapelle 2007, "Training a Support Vector Machine in the Primal", Neural
    Computation 19(5), section 3.1); when these stay the same, it is solved.

    Args:
        products: (utterances, utterances) K, between the utterances' features and a constant 1.
        signs: (utterances,) y, 1 for the class and -1 for the others.
        costs: (utterances,) c, positive.
        start: (utterances,) the weights to begin with.

    Returns:
        (utterances,) the weights, and whether they are the solution.
    """
    weights, outputs = start, products @ start
    within = signs * outputs < 1
    for _ in range(STEPS):
        target = np.zeros_like(weights)
        if within.any():
            system = products[np.ix_(within, within)] + np.diag(0.5 / costs[within])
            target[within] = cho_solve(cho_factor(system, overwrite_a=True), signs[within])
        reached = products @ target
        share = _share(weights, outputs, target, reached, signs, costs)
        weights = weights + share * (target - weights)
        outputs = outputs + share * (reached - outputs)
        before, within = within, signs * outputs < 1
        if share == 1 and np.array_equal(before, within):
            return weights, True
        if not share:
            break
    return weights, False


def _share(
    weights: np.ndarray,
    outputs: np.ndarray,
    target: np.ndarray,
    reached: np.ndarray,
    signs: np.ndarray,
    costs: np.ndarray,
) -> float:
    """Return the largest of 1, ½, ¼, … of a step that does not raise the loss; 0 if none does."""

    def loss(share: float) -> float:
        moved, output = (
            old + share * (new - old) for old, new in ((weights, target), (outputs, reached))
        )
        misses = np.maximum(0, 1 - signs * output)
        return float(0.5 * moved @ output + costs @ misses**2)

    now, share = loss(0.0), 1.0
    while share >= _SMALLEST:
        if loss(share) <= now + 1e-12 * abs(now):
            return share
        share /= 2
    return 0.0
