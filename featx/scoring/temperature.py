"""The temperature under which the truth is most likely."""

from collections.abc import Callable

import numpy as np

_HOTTEST = 100.0  # also one over the coldest


def most_likely(surprise: Callable[[float], float]) -> float:
    """Return the temperature, from 0.01 to 100, at which the truth surprises least.

    Args:
        surprise: the mean negative log-likelihood of the truth, by what logits are multiplied with.
    """
    from scipy.optimize import minimize_scalar  # half a second, which prediction does not need

    bound = np.log(_HOTTEST)
    found = minimize_scalar(
        lambda exponent: surprise(np.exp(-exponent)), bounds=(-bound, bound), method="bounded"
    )
    return float(np.exp(found.x))
