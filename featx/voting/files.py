"""The files that votes of all kinds leave."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from featx.runs.files import CARD, ENVIRONMENT, REPORT
from featx.scoring.results_file import RunResults
from featx.utils.files import write_json, write_text
from featx.utils.machine import describe_environment
from featx.utils.tables import plain
from featx.utils.text import is_warning

Part = TypeVar("Part")


def parts_of_seeds(
    seeds: Sequence[str], validation: Part | None, test: Part
) -> Iterator[tuple[int, str, str, Part]]:
    """Yield the parts of a vote in the order in which predictions are written.

    Args:
        seeds: their names.
        validation: the validation part, None if there is none.
        test: the test part.

    Yields:
        A seed's place and name, and the name of a part and the part: validation before test.
    """
    for place, seed in enumerate(seeds):
        if validation is not None:
            yield place, seed, "validation", validation
        yield place, seed, "test", test


def write_environment(protocol: Mapping[str, Any], inputs: str, folder: Path) -> None:
    """Write what a vote was held with.

    Args:
        protocol: that of its members.
        inputs: digest of the config and predictions.
        folder: the run's.
    """
    made = {"inputs_sha256": inputs, "protocol": dict(protocol)}
    write_json(folder / ENVIRONMENT, {**describe_environment(), **made})


def write_report(results: RunResults, found: str, folder: Path) -> None:
    """Write the scores of a vote, and below them what was found of its members."""
    write_text(folder / REPORT, f"{results.to_text()}\n\n{found}\n")


def write_card(
    name: str, about: str, sections: Mapping[str, Sequence[str]], results: RunResults, folder: Path
) -> None:
    """Write the card of a vote, as Markdown: who voted, by which rule, and how it scores.

    Args:
        name: what the run is called.
        about: a sentence on the rule.
        sections: the lines below each heading; nothing of those without any.
        results: its scores, whose warnings come first and other notes last.
        folder: the run's.
    """
    notes = results.notes()
    others = [f"- {plain(note)}" for note in notes if not is_warning(note)]
    parts = [
        f"# {plain(name)}",
        *(f"> **WARNING: {plain(note)}**" for note in notes if is_warning(note)),
        about,
        *("\n".join([f"## {name}", "", *lines]) for name, lines in sections.items() if lines),
        "\n".join(others),
    ]
    write_text(folder / CARD, "\n\n".join(filter(None, parts)) + "\n")
