"""What the test scores of every run have, whatever it predicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from featx.scoring.groups.scores import GroupScores
from featx.scoring.metrics import Score
from featx.scoring.notes import score_notes
from featx.scoring.text import draw_table, render
from featx.utils.tables import TextTable, html_notes, html_table


@dataclass(frozen=True, kw_only=True)
class CommonResults:
    """The test scores of a run; a notebook shows them as tables.

    Attributes:
        title: what was fitted on what.
        scores: the score of each metric.
        seeds: how many there are.
        speakers: how many were tested; 0 if unknown.
        speakers_shared: whether training and test share speakers; None if unknown.
        remarks: what else a reader must know, in sentences.
        groups: the scores by columns of the manifest, such as sex.
        vote: of a vote, who votes and how, as JSON values; empty for other runs, and where it is
            read back.
    """

    title: str
    scores: Mapping[str, Score]
    seeds: int
    speakers: int
    speakers_shared: bool | None
    remarks: Sequence[str] = ()
    groups: Sequence[GroupScores] = ()
    vote: Mapping[str, Any] = field(default_factory=dict)

    @property
    def resampled(self) -> str:
        """What the intervals resample: "speakers", or "utterances" if no speaker is known."""
        return "speakers" if self.speakers else "utterances"

    @property
    def averaged(self) -> str:
        """What scores are: "mean ± std of 3 seeds", or "one seed"."""
        return f"mean ± std of {self.seeds} seeds" if self.seeds > 1 else "one seed"

    def notes(self) -> list[str]:
        """Return what a reader of the scores must know."""
        return score_notes(self.remarks, self.speakers_shared, self.speakers)

    def to_text(self) -> str:
        """Return tables of the scores and of what they are made of."""
        tables = map(draw_table, self._tables())
        return render(self.title, *tables, *self._reading(), *self.notes(), width=self._width())

    def _repr_html_(self) -> str:
        """Return the same tables for a notebook."""
        tables = map(html_table, self._tables())
        notes = html_notes([*self._reading(), *self.notes()])
        return "".join([html_notes([self.title]), *tables, notes])

    def _tables(self) -> list[TextTable]:
        raise NotImplementedError

    def _reading(self) -> list[str]:
        """Return how to read the tables, in sentences."""
        return []

    def _width(self) -> int:
        """Return how many characters a line of text may have."""
        return 100

    def _described(self) -> dict[str, Any]:
        """Return what is said of the scores, as JSON values."""
        return {
            "title": self.title,
            "seeds": self.seeds,
            "speakers": self.speakers,
            "speakers_shared": self.speakers_shared,
            "resampled": self.resampled,
            "remarks": list(self.remarks),
        }

    def _grouped(self) -> dict[str, Any]:
        """Return what only some runs have, as JSON values."""
        return {
            **({"groups": [scores.to_json() for scores in self.groups]} if self.groups else {}),
            **({"vote": dict(self.vote)} if self.vote else {}),
        }
