"""What a report shows, whatever its runs predict."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featx.reporting.charts import Chart, Panel
from featx.reporting.runs import AnyReported, Repeat, repeat
from featx.reporting.sections.curves import names_of, training_curves
from featx.reporting.sections.groups import group_panels
from featx.reporting.sections.layers import layer_weights
from featx.reporting.sections.maps import ShownMap, show_map
from featx.reporting.sections.searches import search_panels, search_section
from featx.reporting.sheets import Section
from featx.utils.text import counted


@dataclass(frozen=True)
class Origin:
    """How a run was made.

    Attributes:
        name: the name of the run.
        title: what was trained on what.
        folder: the folder of the run.
        made_with: the command that made it, empty if unknown.
        repeat: how it is repeated.
        config: the text of its config, empty if unknown.
        environment: its environment as JSON, empty if unknown.
    """

    name: str
    title: str
    folder: str
    made_with: str
    repeat: Repeat
    config: str
    environment: str


@dataclass(frozen=True)
class Report:
    """All that a page shows.

    Attributes:
        title: the title of the page.
        tables: sections of tables, in the order of the page.
        curves: how training went.
        layers: the weights that were learned for layers.
        groups: the scores of groups, such as women and men.
        maps: maps of features.
        origins: how each run was made.
        calibration: how far the probabilities of classes or labels can be taken at their word.
        searches: how searches of settings went.
        scatters: of numbers, true against predicted and errors by level.
        thresholds: what several labels score by the probability that they are predicted from.
    """

    title: str
    tables: Sequence[Section]
    curves: Sequence[Panel]
    layers: Sequence[Panel]
    groups: Sequence[Panel]
    maps: Sequence[ShownMap]
    origins: Sequence[Origin]
    calibration: Sequence[Panel] = ()
    searches: Sequence[Panel] = ()
    scatters: Sequence[Chart] = ()
    thresholds: Sequence[Panel] = ()

    @classmethod
    def of(
        cls,
        runs: Sequence[AnyReported],
        tables: Sequence[Section],
        page: Path,
        maps: Sequence[Path],
        **drawn: Any,
    ) -> "Report":
        """Add to the tables of some kind of runs what runs of all kinds have.

        Args:
            runs: the runs to report, in the order of the page.
            tables: those that only such runs have.
            page: where the page will be, for links to files.
            maps: folders of maps of features.
            **drawn: what is drawn of such runs alone, by the names of the attributes.

        Raises:
            FeatxError: if a file of a run or map is damaged, or a folder holds no map.
        """
        searched = search_section(runs)
        shown = [show_map(folder, page) for folder in maps]
        features = Section("Features", [each.sheet for each in shown], title="Maps of features")
        curves = [
            training_curves(run.name, run.folder, names_of(run.results))
            for run in runs
            if "training" in run.config
        ]
        return cls(
            title=f"{counted(len(runs), 'system')} of speech emotion recognition",
            tables=[*tables, *([searched] if searched else []), *([features] if shown else [])],
            curves=[panel for panel in curves if panel],
            layers=[panel for run in runs for panel in layer_weights(run)],
            groups=group_panels(runs),
            maps=shown,
            origins=list(map(_origin, runs)),
            searches=search_panels(runs),
            **drawn,
        )


def _origin(run: AnyReported) -> Origin:
    """Return how a run was made."""
    return Origin(
        run.name,
        run.results.title,
        str(run.folder),
        str(run.environment.get("command", "")),
        repeat(run),
        run.config_text,
        json.dumps(run.environment, indent=2, ensure_ascii=False) if run.environment else "",
    )
