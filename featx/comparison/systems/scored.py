"""What is known of a system that was scored, whatever it predicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from featx.comparison.systems.files import Seed
from featx.errors import FeatxError
from featx.scoring.groups.measure import Measure
from featx.scoring.groups.scores import GroupScores
from featx.scoring.results_file import RunResults
from featx.utils.text import counted

R = TypeVar("R", bound=RunResults)
Scored = TypeVar("Scored")  # what a seed predicts of utterances, as it is scored


@dataclass(frozen=True)
class ScoredSystem(Generic[R]):
    """The scores of one system.

    Attributes:
        name: the name of its folder.
        folder: the folder that holds its files.
        labels: what is true of each utterance that was scored, as text.
        speakers: the speaker of each of these utterances, empty where unknown.
        seeds: its predictions.
        results: its scores.
        notes: what was found in its files, beside the notes of the results.
    """

    name: str
    folder: Path
    labels: Mapping[str, str]
    speakers: Mapping[str, str]
    seeds: Sequence[Seed]
    results: R
    notes: Sequence[str]

    def measure(self) -> Measure:
        """Return what groups of its utterances are scored by."""
        raise NotImplementedError

    def with_groups(self, groups: Sequence[GroupScores]) -> Self:
        """Return the system with scores of groups of its utterances."""
        return self.with_results(replace(self.results, groups=groups))

    def with_results(self, results: R) -> Self:
        """Return the system with other scores."""
        return replace(self, results=results)

    def with_stored(self, stored: RunResults) -> Self:
        """Return the system with what a run says of itself."""
        shared, remarks = stored.speakers_shared, stored.remarks
        return self.with_results(replace(self.results, speakers_shared=shared, remarks=remarks))

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        notes = [*self.results.notes(), *self.notes]
        return {**self.results.to_json(), "utterances": len(self.labels), "notes": notes}

    def to_text(self) -> str:
        """Return the full tables and all notes."""
        return "\n".join([self.results.to_text(), *self.notes])


AnySystem = ScoredSystem[Any]


class ColumnSystem(ScoredSystem[R], Generic[R, Scored]):
    """A system that predicts what columns of its files are named after: numbers, or labels."""

    kind: ClassVar[str]  # what these are, in the plural

    @property
    def predicted(self) -> list[str]:
        """The names of what it predicts."""
        raise NotImplementedError

    @staticmethod
    def read(seed: Seed, utterances: Sequence[str], speakers: Mapping[str, str]) -> Scored:
        """Return what a seed predicts of some utterances, in their order."""
        raise NotImplementedError

    @staticmethod
    def score(title: str, predicted: Sequence[str], seeds: Sequence[Scored]) -> R:
        """Score what seeds predict; whether speakers are shared is not known."""
        raise NotImplementedError

    @classmethod
    def of(
        cls,
        name: str,
        folder: Path,
        predicted: Sequence[str],
        seeds: Sequence[Seed],
        speakers: Mapping[str, str],
        notes: Sequence[str],
    ) -> Self:
        """Score what a system predicted."""
        labels = {utterance: row.label for utterance, row in seeds[0].rows.items()}
        counts = f"{counted(len(seeds), 'seed')}, {counted(len(labels), 'utterance')}"
        title = f"{name}: {counts}, {', '.join(predicted)}"
        results = cls.score(title, predicted, [cls.read(s, list(labels), speakers) for s in seeds])
        return cls(name, folder, labels, speakers, seeds, results, notes)

    def with_seeds(self, name: str, seeds: Sequence[Seed]) -> Self:
        """Return some of its seeds as a system of another name."""
        return self.of(name, self.folder, self.predicted, seeds, self.speakers, self.notes)

    def scored(self, utterances: Sequence[str] | None = None) -> list[Scored]:
        """Return what each seed predicts.

        Args:
            utterances: of which, in their order; by default of all in the order of `labels`.
        """
        names = list(self.labels) if utterances is None else utterances
        return [self.read(seed, names, self.speakers) for seed in self.seeds]


def check_alike(systems: Sequence[ColumnSystem[Any, Any]]) -> None:
    """Refuse systems that did not learn the same.

    Raises:
        FeatxError: naming two that differ.
    """
    first = systems[0]
    for other in systems[1:]:
        if other.predicted != first.predicted:
            raise FeatxError(
                f"{first.name} predicts {', '.join(first.predicted)}, {other.name} "
                f"{', '.join(other.predicted)}. Score each alone, or take systems that learned the "
                f"same {first.kind}."
            )
