"""The cells of a matrix of corpora: what is learned from in each, and what tested."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featx.scoring.numbers.results import NumberResults
from featx.scoring.results_file import RunResults

OTHERS = "all others"  # the row of those that learn from all corpora but the tested one


@dataclass(frozen=True)
class Pairing:
    """A place in the matrix.

    Attributes:
        train: the names of the corpora that are learned from.
        test: the name of the corpus that is tested.
    """

    train: tuple[str, ...]
    test: str

    @property
    def is_within(self) -> bool:
        """Whether a corpus is tested on itself."""
        return self.train == (self.test,)

    @property
    def corpora(self) -> tuple[str, ...]:
        """All corpora that it needs, each once."""
        return tuple(dict.fromkeys((*self.train, self.test)))

    def __str__(self) -> str:
        return f"{'+'.join(self.train)} → {self.test}"


@dataclass(frozen=True)
class Cell:
    """A finished cell.

    Attributes:
        pairing: its place.
        folder: its run.
        results: the run's scores.
    """

    pairing: Pairing
    folder: Path
    results: RunResults


def pair_corpora(names: Sequence[str]) -> list[Pairing]:
    """Return the cells of a matrix, row by row: each corpus with each, then all others with each.

    The last row is there from three corpora on.

    Args:
        names: the corpora, each once.
    """
    single = [Pairing((train,), test) for train in names for test in names]
    if len(names) < 3:
        return single
    return single + [Pairing(tuple(n for n in names if n != test), test) for test in names]


def pairing_of(config: Mapping[str, Any]) -> Pairing | None:
    """Return the place that a fit's `config.toml` has in a matrix, None if it has none.

    Args:
        config: its table.
    """
    manifest, protocol = config.get("manifest"), config.get("protocol")
    if "head" not in config or not isinstance(manifest, str) or not isinstance(protocol, dict):
        return None
    division = protocol.get("division")
    if not isinstance(division, dict) or division.get("kind") != "corpora":
        name = Path(manifest).stem
        return Pairing((name,), name)
    train, test = division.get("train"), division.get("test")
    if not isinstance(train, list) or not isinstance(test, list) or len(test) != 1:
        return None
    return Pairing(tuple(map(str, train)), str(test[0]))


def setup_of(config: Mapping[str, Any], results: RunResults) -> str:
    """Return what all cells of one matrix have in common, as a text to compare.

    Args:
        config: the table of a fit's `config.toml`.
        results: the fit's scores.
    """
    learned = results.dimensions if isinstance(results, NumberResults) else results.classes
    keys = ("head_name", "head", "training", "layers", "seconds", "normalize", "seeds")
    features = config.get("features")
    step = 1 + len(config.get("joined", ()))
    models = [Path(str(path)).name for path in features[::step]] if features else []
    target = config.get("protocol", {}).get("target")
    common = [{key: config.get(key) for key in keys}, models, target, list(learned)]
    return json.dumps(common, sort_keys=True, default=str)
