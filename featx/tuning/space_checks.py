"""Whether what a space holds can be learned by, looked at before anything is tried."""

from collections.abc import Sequence
from itertools import combinations, product

from classifiers.objectives import Objective
from featx.errors import FeatxError
from featx.fitting.config import FitConfig
from featx.fitting.objective import check_head
from featx.tuning.space import Space, with_values


def check_space(
    space: Space, config: FitConfig, objective: Objective, classes: Sequence[str]
) -> None:
    """Refuse what can't be learned by, before anything is tried: every choice with every other.

    Args:
        space: what may be chosen; of ranges the ends are looked at.
        config: the fit with the head.
        objective: what its outputs mean.
        classes: what it tells apart.

    Raises:
        FeatxError: if the head doesn't take two of the choices together, or can't learn so.
    """
    settings = space.settings
    for keys in combinations(settings, min(2, len(settings))):
        for values in product(*(settings[key].ends for key in keys)):
            chosen = dict(zip(keys, values, strict=True))
            try:
                check_head(with_values(config, chosen), objective, classes)
            except FeatxError as error:
                named = " and ".join(f"{key} = {value}" for key, value in chosen.items())
                raise FeatxError(f"`space`: {named} can't be chosen. {error.message}") from None
