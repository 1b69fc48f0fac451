"""The card of a vote: who voted, by which rule, how they were chosen, and how it scores."""

from collections.abc import Sequence
from pathlib import Path

from featx.scoring.classes.results import NAMES
from featx.utils.files import write_text
from featx.utils.tables import TextTable, markdown_table, plain
from featx.utils.text import is_warning
from featx.voting.choices import Rule
from featx.voting.config import VoteConfig
from featx.voting.tally import Tally, VoteResults
from featx.voting.text import member_table, search_table

RULES: dict[Rule, str] = {
    "hard": "the class that most members predict",
    "soft": "the class with the highest mean probability",
    "weighted": "the class with the most votes, each weighing its system's validation UAR",
}


def write_card(
    config: VoteConfig, tally: Tally, results: VoteResults, name: str, path: Path
) -> None:
    """Write the card of a vote, as Markdown.

    Args:
        config: how the vote was held.
        tally: what was found.
        results: its scores.
        name: what the run is called.
        path: the file.
    """
    notes = results.notes()
    parts = [
        f"# {plain(name)}",
        *(f"> **WARNING: {plain(note)}**" for note in notes if is_warning(note)),
        f"A {config.rule} vote: {RULES[config.rule]}, of {', '.join(map(plain, results.classes))}.",
        "## Members",
        _table(member_table(tally)),
        *(["## Search", _table(search_table(config, tally))] if tally.picks else []),
        "## Scores",
        _table(_scores(results)),
        *_list([note for note in notes if not is_warning(note)]),
    ]
    write_text(path, "\n\n".join(parts) + "\n")


def _scores(results: VoteResults) -> TextTable:
    spread = f"mean ± std of {results.seeds} seeds" if results.seeds > 1 else "one seed"
    rows = [
        (NAMES[metric], str(score), f"{score.low:.1f} to {score.high:.1f}")
        for metric, score in results.scores.items()
    ]
    return TextTable(("test, %", spread, f"95 % interval over {results.resampled}"), rows)


def _table(table: TextTable) -> str:
    return "\n".join(markdown_table(table.header, table.rows, table.columns))


def _list(notes: Sequence[str]) -> list[str]:
    return ["\n".join(f"- {plain(note)}" for note in notes)] if notes else []
