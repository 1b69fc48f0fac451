"""What searches found: the tables of what was chosen and tried, and the config to go on with."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featx.fitting.config import FitConfig
from featx.runs.files import FOUND, IMPORTANCE, TRIALS, TUNING
from featx.scoring.predictions import rounded
from featx.scoring.text import WIDE, draw_table, render
from featx.tuning.config import TuneConfig
from featx.tuning.importance import measure_importance
from featx.tuning.space import with_values
from featx.tuning.trials import Trial, best_of
from featx.utils.files import write_csv, write_text
from featx.utils.tables import TextTable

ALL = "all"  # the search on all utterances, where others have the number of their fold


@dataclass(frozen=True)
class Found:
    """What the searches of a run found.

    Attributes:
        config: what was searched.
        trials: those of each search, the last of them on all utterances.
    """

    config: TuneConfig
    trials: Sequence[Sequence[Trial]]

    @property
    def names(self) -> list[str]:
        """The number of the fold that each search is for, and at last "all"."""
        return [*map(str, range(len(self.trials) - 1)), ALL]

    @property
    def chosen(self) -> list[int]:
        """The place of the trial that each search chose."""
        places = [best_of(trials) for trials in self.trials]
        return [place for place in places if place is not None]  # `Searches.run` refuses those

    @property
    def best(self) -> list[Trial]:
        """The trial that each search chose."""
        return [trials[place] for trials, place in zip(self.trials, self.chosen, strict=True)]

    @property
    def heads(self) -> int:
        """How many heads were trained; the same settings are tried once."""
        tried = ({str(trial.values): len(trial.scores) for trial in own} for own in self.trials)
        return sum(sum(own.values()) for own in tried)

    @property
    def seconds(self) -> float:
        """How long all trials took, added up."""
        return sum(trial.seconds for own in self.trials for trial in own)

    def of_folds(self) -> list[FitConfig]:
        """Return for each fold the fit with its settings."""
        return [with_values(self.config, trial.values) for trial in self.best[:-1]]

    def final(self, run: str) -> FitConfig:
        """Return the fit with the settings that the search on all utterances chose.

        Args:
            run: the name of the search's run.
        """
        plain = self.config.to_fit(f"{self.config.head_name}-tuned", run)
        return with_values(plain, self.best[-1].values)

    def write(self, folder: Path, run: str) -> None:
        """Write `tuning.csv`, `trials.csv`, `final.toml` and, if it is known, `importance.csv`."""
        keys = list(self.config.search.space.settings)
        header = ("fold", "trial", "validation_score", *keys)
        write_csv(folder / TUNING, header, self._chosen_rows(keys))
        header = ("fold", "trial", "state", "inner_folds", "validation_score", *keys, "seconds")
        write_csv(folder / TRIALS, header, self._rows(keys))
        mattered = [(*names, *rounded([share])) for *names, share in self._importance_rows()]
        if mattered:
            write_csv(folder / IMPORTANCE, ("fold", "setting", "importance"), mattered)
        write_text(folder / FOUND, self.final(run).to_toml())

    def to_text(self) -> str:
        """Return what was chosen as a table for a terminal."""
        keys = list(self.config.search.space.settings)
        rows = [
            (name, str(place + 1), f"{trial.score:.3f}", *(show(trial.values[k]) for k in keys))
            for name, place, trial in zip(self.names, self.chosen, self.best, strict=True)
        ]
        shown = TextTable(("fold", "trial", "validation score", *keys), rows)
        return render(draw_table(shown), width=WIDE).rstrip()

    def _chosen_rows(self, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        for name, place, trial in zip(self.names, self.chosen, self.best, strict=True):
            values = [_cell(trial.values[key]) for key in keys]
            yield (name, place + 1, *rounded([trial.score]), *values)

    def _importance_rows(self) -> Iterator[tuple[str, str, float]]:
        for name, trials in zip(self.names, self.trials, strict=True):
            shares = measure_importance(self.config.search.space, trials)
            yield from ((name, setting, share) for setting, share in shares.items())

    def _rows(self, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        for name, trials in zip(self.names, self.trials, strict=True):
            for number, trial in enumerate(trials, 1):
                known = rounded([trial.score]) if trial.scores else [""]
                values = [_cell(trial.values[key]) for key in keys]
                facts = (name, number, trial.state, len(trial.scores), *known)
                yield (*facts, *values, round(trial.seconds, 3))


def _cell(value: Any) -> Any:
    """Return a value for a CSV; what is no number or text as JSON, which is TOML's spelling."""
    return value if isinstance(value, str) else json.dumps(value)


def show(value: Any) -> str:
    """Return a setting's value for people, with three significant digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
