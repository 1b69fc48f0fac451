"""Protocols in words."""

import textwrap
from typing import Any

from featx.protocols.divisions.columns import Crossed, LeaveOneOut
from featx.protocols.divisions.division import Division
from featx.protocols.protocol import Protocol, protocol_names, read_protocol

_WIDTH = 100  # columns
_NEW = "those tested are in no other part"


def list_protocols() -> str:
    """Return a table of the protocols that come with featx."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in ("\nprotocol", "\ncorpus"):
        table.add_column(column, no_wrap=True)
    for column in ("\nclasses", "utter-\nances", "\nfolds"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("speakers\ndisjoint")
    table.add_column("\ntitle")
    for name in protocol_names():
        protocol = read_protocol(name)
        classes, utterances = str(len(protocol.labels)), _total(protocol)
        disjoint = _disjoint(protocol, "yes", "test only", "no")
        folds = _folds(protocol.division)
        table.add_row(name, protocol.corpus, classes, utterances, folds, disjoint, protocol.title)
    console = Console(width=_WIDTH)
    with console.capture() as capture:
        console.print(table)
    lines = [line.rstrip() for line in capture.get().splitlines()]
    return "\n".join(line for line in lines if line)


def protocol_values(name: str | None = None) -> dict[str, Any]:
    """Return a protocol as JSON values, or those that come with featx by their names.

    Raises:
        FeatxError: if there is no such protocol, or the file can't be used.
    """
    if name is not None:
        return read_protocol(name).to_table()
    return {shipped: read_protocol(shipped).to_table() for shipped in protocol_names()}


def describe_protocol(name: str) -> str:
    """Return all that there is to know about a protocol.

    Args:
        name: the name of a shipped protocol, or the path of a TOML.

    Raises:
        FeatxError: if there is no such protocol, or the file can't be used.
    """
    protocol = read_protocol(name)
    disjoint = _disjoint(
        protocol, "each in a single part", f"{_NEW}; the others train and validate",
        "shared between parts",
    )  # fmt: skip
    lines = {
        "corpus": protocol.corpus or "any",
        **{f"  {column}": " or ".join(values) for column, values in protocol.where.items()},
        "classes": _classes(protocol),
        "folds": _folds(protocol.division),
        **{f"  {part}": text for part, text in protocol.division.describe().items()},
        "speakers": disjoint,
        **dict.fromkeys(protocol.division.apart, _NEW),
        "utterances": _expected(protocol),
        "source": protocol.source or "unknown",
        "manifest": protocol.manifest or "any",
    }
    shown = [_wrapped(f"{key:<13} {text}") for key, text in lines.items()]
    return "\n".join([f"{protocol.name}: {protocol.title}", "", *shown])


def _disjoint(protocol: Protocol, everywhere: str, in_test: str, nowhere: str) -> str:
    """Return which words fit: no speaker in two parts, none of those tested, or neither."""
    if protocol.speakers_disjoint:
        return everywhere
    return in_test if protocol.tests_new_speakers else nowhere


def _folds(division: Division) -> str:
    if isinstance(division, LeaveOneOut):
        return f"1/{division.by}"
    if isinstance(division, Crossed):
        return f"{division.count}/{division.by}"
    return str(division.folds)


def _classes(protocol: Protocol) -> str:
    named = f"{len(protocol.labels)}: {', '.join(protocol.labels)}" if protocol.labels else "all"
    merged = [f"{old} counts as {new}" for old, new in protocol.merge.items()]
    return "; ".join([named, *merged])


def _expected(protocol: Protocol) -> str:
    expected = protocol.expected
    if not expected.test:
        return _total(protocol)
    by_label = ", ".join(f"{label} {number}" for label, number in expected.test.items())
    return f"{_total(protocol)}; tested {sum(expected.test.values()):,}: {by_label}"


def _total(protocol: Protocol) -> str:
    number = protocol.expected.utterances
    return f"{number:,}" if number else "unknown"


def _wrapped(line: str) -> str:
    return textwrap.fill(line, _WIDTH, subsequent_indent=" " * 14, break_on_hyphens=False)
