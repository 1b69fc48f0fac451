"""Probabilities where classes are as frequent as elsewhere, not as they were in training."""

import numpy as np

_STEPS = 1_000  # at most; tens are taken
_STILL = 1e-9  # the largest change of a prior at the end
_LEAST = 1e-30


def correct_priors(probabilities: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return probabilities as they are where classes have other priors.

    Each class's probability is multiplied by its new prior over its old one, and all are divided by
    their sum (Saerens, Latinne and Decaestecker 2002, "Adjusting the Outputs of a Classifier to New
    a Priori Probabilities", Neural Computation 14(1), equation 2.4). It holds where classes sound
    as they did in training and only their frequencies differ.

    Args:
        probabilities: (utterances, classes), adding up to 1.
        before: (classes,) the priors in training, adding up to 1; a class without any keeps 0.
        after: (classes,) the priors to correct for, adding up to 1.

    Returns:
        (utterances, classes) float64.
    """
    ratios = np.divide(after, before, out=np.zeros(len(before)), where=before > 0)
    weighted = probabilities.astype(np.float64).clip(_LEAST) * ratios
    corrected: np.ndarray = weighted / weighted.sum(1, keepdims=True)
    return corrected


def estimate_priors(probabilities: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Estimate how frequent classes are among utterances whose labels nobody knows.

    The priors under which the utterances are most likely, by expectation maximisation: priors
    become the mean of the probabilities corrected for them, again and again (Saerens, Latinne and
    Decaestecker 2002, equation 2.9).

    Args:
        probabilities: (utterances, classes) under the priors of training.
        before: (classes,) these priors, adding up to 1.

    Returns:
        (classes,) adding up to 1.
    """
    priors = before
    for _ in range(_STEPS):
        last, priors = priors, correct_priors(probabilities, before, priors).mean(0)
        if np.abs(priors - last).max() < _STILL:
            break
    return priors
