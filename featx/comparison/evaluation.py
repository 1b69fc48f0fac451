"""The scores of several systems, as tables and JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featx.comparison.systems.classes import System, class_table
from featx.comparison.systems.labels import LabelSystem, label_table
from featx.comparison.systems.numbers import NumberSystem, number_table
from featx.comparison.systems.scored import AnySystem
from featx.scoring.groups.scores import GroupScores
from featx.scoring.groups.text import group_notes, group_table
from featx.scoring.text import WIDE, draw_table, render
from featx.utils.tables import TextTable, html_notes, html_table
from featx.utils.text import is_warning

_NOTES = 120  # characters of a line
_TABLES: Mapping[type[AnySystem], Callable[[Sequence[Any]], TextTable]] = {
    System: class_table,
    NumberSystem: number_table,
    LabelSystem: label_table,
}


@dataclass(frozen=True)
class Evaluation:
    """The scores of one or more systems."""

    systems: Sequence[AnySystem]

    def to_json(self) -> str:
        """Return a JSON object: of the system, or of several as {"systems": {name: object}}."""
        objects = {system.name: system.to_json() for system in self.systems}
        value = {"systems": objects} if len(objects) > 1 else self.systems[0].to_json()
        return json.dumps(value, indent=2, allow_nan=False)

    def to_text(self, details: bool = False) -> str:
        """Return the tables of one system, or a row for each of several and, asked, theirs too."""
        full = [system.to_text() for system in self.systems]
        groups = [_groups_to_text(system.results.groups) for system in self.systems]
        if len(full) == 1:
            return "\n".join(filter(None, [*full, *groups]))
        if details:
            each = (f"{own}\n{by}".rstrip("\n") for own, by in zip(full, groups, strict=True))
            return "\n\n".join([self._overview().rstrip(), *each])
        overview = "\n".join([self._overview(), *self._notes()]).rstrip("\n")
        names = (system.name for system in self.systems)
        named = (f"{name}\n{by}" for name, by in zip(names, groups, strict=True) if by)
        return "\n\n".join([overview, *named])

    def _repr_html_(self) -> str:
        """Return the same for a notebook."""
        if len(self.systems) == 1:
            (system,) = self.systems
            found = [system.results._repr_html_(), html_notes(system.notes)]
        else:
            found = [html_table(self._table()), html_notes([*self._warnings(), *self._notes()])]
        for system in self.systems:
            for scores in system.results.groups:
                named = [system.name] if len(self.systems) > 1 else []
                found += [html_notes(named), html_table(group_table(scores))]
                found.append(html_notes(group_notes(scores)))
        return "".join(found)

    def _overview(self) -> str:
        width = 100 + max(len(system.name) for system in self.systems)
        drawn = render(draw_table(self._table()), width=width)
        lines = [line for line in drawn.splitlines() if line]
        for warning in self._warnings():
            lines += ["", warning]
        return "\n".join([*lines, ""])

    def _table(self) -> TextTable:
        return _TABLES[type(self.systems[0])](self.systems)  # all are of the same kind

    def _notes(self) -> list[str]:
        """Return what was found in each system's files, and its run's warnings."""
        return [
            f"{system.name}: {note}"
            for system in self.systems
            for note in (*filter(is_warning, system.results.remarks), *system.notes)
        ]

    def _warnings(self) -> list[str]:
        if all(system.labels == self.systems[0].labels for system in self.systems):
            return []
        return ["The systems were scored on different utterances or labels."]


def _groups_to_text(groups: Sequence[GroupScores]) -> str:
    """Return a table for each column that a system was scored by, and its notes; often nothing."""
    parts = []
    for scores in groups:
        parts.append(render(draw_table(group_table(scores)), width=WIDE))
        parts.append(render(*group_notes(scores), width=_NOTES))
    return "\n".join(parts)
