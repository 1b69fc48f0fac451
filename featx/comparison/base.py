"""What is known of a system that was scored, whatever it predicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from featx.comparison.systems import Seed
from featx.scoring.groups.measure import Measure
from featx.scoring.groups.scores import GroupScores
from featx.scoring.results_file import RunResults

R = TypeVar("R", bound=RunResults)


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
