"""The corpora that can be read, and the mappings of labels, in words."""

import textwrap
from dataclasses import asdict
from typing import Any

from featx.data.corpora import CORPORA, corpus_module
from featx.data.label_order import order_labels
from featx.data.listing.corpus import Corpus, Facts
from featx.data.listing.files import CorpusError
from featx.data.listing.labels.mapping import LabelMapping, mapping_names, read_mapping
from featx.data.listing.labels.ratings import Ratings
from featx.utils.text import nearest

_WIDTH = 100  # columns
_INDENT = 12


def list_corpora() -> str:
    """Return a table of all corpora, and below it the ways to read any other audio."""
    rows = [["corpus", "hours", "speakers", "utterances", "labels", "language", "licence"]]
    for name, corpus in CORPORA.items():
        if facts := corpus.facts:
            rows.append([name, *_figures(facts), facts.language, facts.licence])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    others = [(name, corpus.title) for name, corpus in CORPORA.items() if corpus.facts is None]
    width = max(len(name) for name, _ in others)
    return "\n".join([*lines, "", "any audio", *(f"{n:<{width}}  {title}" for n, title in others)])


def _figures(facts: Facts) -> list[str]:
    hours = "" if facts.hours is None else f"{facts.hours:,.1f}"
    counts = (facts.speakers, facts.utterances, len(facts.labels) or None)
    return [hours, *("" if count is None else f"{count:,}" for count in counts)]


def _aligned(row: list[str], widths: list[int]) -> list[str]:
    """Return a row's cells, numbers to the right."""
    return [
        cell.rjust(width) if 1 <= number <= 4 else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]


def describe_corpus(name: str) -> str:
    """Return all that there is to know about a corpus, and the command that lists it.

    Raises:
        CorpusError: if there is no such corpus.
    """
    corpus = _corpus(name)
    facts = corpus.facts
    lines = {}
    if facts:
        hours, speakers, utterances, number = _figures(facts)
        lines = {
            "licence": facts.licence,
            "hours": hours or "not published",
            "speakers": speakers or "not published",
            "utterances": utterances or "they vary",
            "labels": f"{number}: {', '.join(order_labels(facts.labels))}" if number else "",
            "language": facts.language,
            "from": facts.link,
        }
    lines["options"] = " ".join(f"--{option.replace('_', '-')}" for option in corpus.options)
    shown = [_wrapped(key, text) for key, text in lines.items() if text]
    command = f"featx manifest {name} {'TABLE' if name == 'csv' else 'ROOT'}"
    return "\n".join(
        [
            f"{name}: {corpus.title}",
            "",
            *shown,
            "",
            about(name),
            "",
            _wrapped("manifest", command),
        ]
    )


def about(name: str) -> str:
    """Return what the module of a corpus says of it: its paper, layout and codes."""
    text = corpus_module(name).__doc__ or ""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def corpora_values(name: str | None = None) -> dict[str, Any]:
    """Return a corpus as JSON values, or all of them by their names.

    Raises:
        CorpusError: if there is no such corpus.
    """
    if name is not None:
        _corpus(name)
        return _values(name)
    return {known: _values(known) for known in CORPORA}


def _values(name: str) -> dict[str, Any]:
    corpus = CORPORA[name]
    facts = asdict(corpus.facts) if corpus.facts else {}
    return {"title": corpus.title, **facts, "options": list(corpus.options), "about": about(name)}


def _corpus(name: str) -> Corpus:
    if name not in CORPORA:
        raise CorpusError(f"`name={name}`: no such corpus; {nearest(name, CORPORA)}")
    return CORPORA[name]


def list_mappings() -> str:
    """Return every mapping of labels that comes with featx: its classes and their words."""
    return "\n\n".join(map(_mapping_text, map(read_mapping, mapping_names())))


def _mapping_text(mapping: LabelMapping) -> str:
    lines = [f"{mapping.name}: {mapping.title}"]
    if mapping.ratings:
        lines.append(_wrapped("  classes", _rated(mapping.ratings)))
    else:
        for name in mapping.classes:
            words = [word for word, target in mapping.words.items() if target == name]
            lines.append(_wrapped(f"  {name}", ", ".join(words)))
    return "\n".join([*lines, _wrapped("  source", mapping.source)])


def _rated(ratings: Ratings) -> str:
    names = f"{' or '.join(ratings.valence)}; {' or '.join(ratings.arousal)}"
    return f"{', '.join(ratings.classes)}, on either side of {ratings.middle:g} in {names}"


def mapping_values() -> dict[str, Any]:
    """Return the mappings that come with featx as JSON values, by their names."""
    return {name: read_mapping(name).to_table() for name in mapping_names()}


def _wrapped(key: str, text: str) -> str:
    indent = " " * max(_INDENT, 16 if key.startswith(" ") else 0)
    line = f"{key:<{len(indent)}}{'' if len(key) < len(indent) else ' '}{text}"
    return textwrap.fill(line, _WIDTH, subsequent_indent=indent, break_on_hyphens=False)
