"""Comparing systems by scores that are drawn anew: of numbers, or of several labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, ClassVar, TypeVar

from featx.comparison.comparison import Comparison, Pair, describe_system, interval_of
from featx.comparison.same_tests import check_same, join_speakers
from featx.comparison.systems.scored import AnySystem, ColumnSystem, check_alike
from featx.scoring.significance import (
    Difference,
    Resampled,
    bootstrap_p,
    describe_p,
    holm,
    subtract,
)
from featx.utils.tables import TextTable
from featx.utils.text import signed


@dataclass(frozen=True)
class BootstrapPair(Pair):
    """Two of the systems, whose scores were drawn anew.

    Attributes:
        parts: the difference of each score by its name; the first is `difference`, which `p` is of.
    """

    parts: Mapping[str, Difference]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "first": self.first,
            "second": self.second,
            **self.differences(),
            "bootstrap": {"p": self.p, "p_holm": self.holm},
        }

    def differences(self) -> dict[str, Any]:
        """Return the differences as JSON values."""
        return {f"{name}_difference": asdict(own) for name, own in self.parts.items()}


@dataclass(frozen=True)
class BootstrapComparison(Comparison[BootstrapPair]):
    """Two or more systems that predict the same, and every pair of them."""

    part: ClassVar[str]  # what the parts of a pair are
    unit: ClassVar[str]  # of their differences
    digits: ClassVar[int]  # behind the point of these

    def named(self, part: str) -> str:
        """Return what tables call a part."""
        raise NotImplementedError

    def pair_table(self, over: str) -> TextTable:
        """Return a row for each pair and part."""
        rows = []
        for pair in self.pairs:
            for name, own in pair.parts.items():
                of = f", {self.named(name)}" if name and len(pair.parts) > 1 else ""
                tested = (pair.p, pair.holm) if own is pair.difference else ()
                difference = signed(own.mean, self.digits), interval_of(own, self.digits)
                shown = map(describe_p, tested) if tested else ("", "")
                rows.append((f"{pair.first} − {pair.second}{of}", *difference, *shown))
        return TextTable(("first − second", self.unit, over, "p", "Holm p"), rows, "Differences")


S = TypeVar("S", bound=ColumnSystem[Any, Any])
C = TypeVar("C", bound=BootstrapComparison)


def compare_resampled(
    systems: Sequence[S],
    resample: Callable[[S, Mapping[str, str]], Mapping[str, Resampled]],
    pair: type[BootstrapPair],
    comparison: type[C],
) -> C:
    """Compare two or more systems by scores on draws of speakers that are the same for all.

    Args:
        systems: two or more.
        resample: returns a system's scores by name, from it and who speaks each utterance.
        pair: the kind of pairs.
        comparison: the kind of comparison.

    Raises:
        FeatxError: if their test sets differ, or they did not learn the same.
    """
    check_same(systems)
    speakers = join_speakers(systems)
    check_alike(systems)
    scored = [resample(system, speakers) for system in systems]
    pairs = _compare_pairs(systems, scored, pair)
    return comparison(len(speakers), list(map(describe_system, systems)), pairs)


def _compare_pairs(
    systems: Sequence[AnySystem],
    scored: Sequence[Mapping[str, Resampled]],
    kind: type[BootstrapPair],
) -> list[BootstrapPair]:
    """Compare every two systems, and test the first of their scores."""
    pairs = list(combinations(range(len(systems)), 2))
    tested = next(iter(scored[0]))
    ps = [bootstrap_p(scored[first][tested], scored[second][tested]) for first, second in pairs]
    found = []
    for (first, second), p, adjusted in zip(pairs, ps, holm(ps), strict=True):
        parts = {name: subtract(own, scored[second][name]) for name, own in scored[first].items()}
        names = systems[first].name, systems[second].name
        found.append(kind(*names, parts[tested], p, adjusted, parts))
    return found


def is_alone(speakers: Mapping[str, str]) -> bool:
    """Tell whether there is a single speaker, or a single utterance, to draw.

    Args:
        speakers: who speaks each utterance, empty if unknown.
    """
    return len({speaker or name for name, speaker in speakers.items()}) == 1
