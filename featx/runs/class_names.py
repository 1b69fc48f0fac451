"""Names of classes, as models keep them."""

from typing import Annotated

from pydantic import AfterValidator, Field

_LONGEST = 200  # characters
_MOST = 10_000


def _check(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not name.strip() or not name.isprintable():
            raise ValueError(f"a class is called {name[:_LONGEST]!r}")
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"two classes are called {double!r}")
    return names


ClassNames = Annotated[
    tuple[Annotated[str, Field(max_length=_LONGEST)], ...],
    Field(min_length=1, max_length=_MOST),
    AfterValidator(_check),
]
