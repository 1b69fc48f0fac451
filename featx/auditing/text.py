"""An audit on the terminal."""

import textwrap
from collections import Counter
from collections.abc import Sequence

from featx.auditing.summary import Summary
from featx.data.checks.finding import Finding
from featx.utils.text import counted, decibels, listed

_WIDTH = 100
_SHOWN = 3  # utterances of a finding


def to_text(summary: Summary, findings: Sequence[Finding]) -> str:
    """Return the figures of a corpus, and a paragraph for each finding."""
    return "\n".join([*_figures(summary), "", *_lines(findings), "", verdict(findings) + "."])


def verdict(findings: Sequence[Finding]) -> str:
    """Return "1 error, 2 warnings, 3 notes"."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(counted(counts[kind], kind) for kind in ("error", "warning", "note"))


def _figures(summary: Summary) -> list[str]:
    speakers = counted(summary.speakers, "speaker") if summary.speakers else "speakers unknown"
    lines = [
        f"{counted(summary.utterances, 'utterance')}, {speakers}, "
        f"{counted(len(summary.labels), 'label')}, {summary.hours:.2f} h of audio"
    ]
    if summary.seconds is not None:
        rates = listed([f"{rate:,}" for rate in summary.rates], 4)
        level, snr = decibels(summary.level or 0), decibels(summary.snr or 0)
        lines.append(
            f"In the median {summary.seconds:.1f} s, loud parts at {level} of full scale and {snr} "
            "above quiet ones,"
        )
        lines.append(
            f"bandwidth {(summary.bandwidth or 0) / 1000:g} kHz; {rates} Hz; {summary.pauses:.0%} "
            "of the audio are pauses at the ends"
        )
    return lines


def _lines(findings: Sequence[Finding]) -> list[str]:
    names = max((len(finding.check) for finding in findings), default=0)
    counts = max((len(_count(finding)) for finding in findings), default=0)
    lines = []
    for finding in findings:
        begin = f"{finding.severity:<7}  {finding.check:<{names}}  {_count(finding):>{counts}}  "
        for number, paragraph in enumerate(_paragraphs(finding)):
            first = " " * len(begin) if number else begin
            lines += textwrap.wrap(
                paragraph, _WIDTH, initial_indent=first, subsequent_indent=" " * len(begin),
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
    return lines or ["Nothing was found."]


def _count(finding: Finding) -> str:
    return f"{len(finding.utterances):,}" if finding.utterances else ""


def _paragraphs(finding: Finding) -> list[str]:
    shown = [f"-> {listed(finding.utterances, _SHOWN)}"] if finding.utterances else []
    return [*finding.text.splitlines(), *shown]
