"""Peaks that were too loud for what recorded them."""

from collections.abc import Sequence

from featx.data.checks.finding import Finding
from featx.data.checks.sounds.heard import Heard, amount, names
from featx.utils.text import counted

FULL = 0.9999  # of full scale: the highest values of 16 bits and of more
_NEAR_FULL = 0.99  # of full scale, below which gain was lowered after clipping; 8 bits end at 0.992


def check_clipping(heard: Sequence[Heard]) -> list[Finding]:
    """Find utterances whose peaks are cut flat, or reach full scale."""
    clipped = [item for item in heard if item.sound.clipped]
    full = [item for item in heard if not item.sound.clipped and item.sound.peak >= FULL]
    findings = []
    if clipped:
        lower = sum(item.sound.peak < _NEAR_FULL for item in clipped)
        quieter = f" Of {counted(lower, 'file')} the gain was lowered afterwards." if lower else ""
        text = (
            f"Peaks are cut flat in {amount(clipped, heard)}: clipped.{quieter} What was cut can't "
            "be got back; look for a better copy."
        )
        findings.append(Finding("clipping", "warning", text, names(clipped)))
    if full:
        text = (
            f"Full scale is reached in {amount(full, heard)}, though no peaks are cut flat. What "
            "was clipped before it was resampled or coded looks like this."
        )
        findings.append(Finding("full scale", "note", text, names(full)))
    return findings
