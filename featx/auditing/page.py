"""The page of an audit."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from featx.auditing.distributions import draw_distributions
from featx.auditing.sheets import speaker_section, utterance_sheet
from featx.auditing.summary import Summary
from featx.auditing.text import verdict
from featx.data.checks.finding import Finding
from featx.data.manifest import Manifest
from featx.data.sounds.measure import Measured
from featx.errors import FeatxError
from featx.reporting.frame import render_page, shipped
from featx.reporting.own_files import refuse_foreign
from featx.reporting.sheets import Sheet
from featx.utils.files import write_text
from featx.utils.text import listed

_MARK = "<!-- made by featx audit -->"
_PACKAGE = "featx.auditing"


class Tile(NamedTuple):
    """A figure at the top of the page."""

    name: str
    figure: str


class Shown(NamedTuple):
    """A finding and the table of its utterances; None if it is about the whole corpus."""

    finding: Finding
    sheet: Sheet | None


def check_page(page: Path) -> None:
    """Check that a page can be written without replacing anything but one.

    Raises:
        FeatxError: if it has another ending than .html, or another file is there.
    """
    if page.suffix != ".html":
        raise FeatxError(f"`out={page}`: must end in .html.")
    refuse_foreign(page, _MARK, "audit")


def write_page(
    page: Path,
    manifest: Manifest,
    findings: Sequence[Finding],
    summary: Summary,
    measured: Measured,
) -> None:
    """Write the page of an audit, with everything but sounds in it."""
    rows = {utterance.utterance: utterance for utterance in manifest.utterances}
    shown = [Shown(finding, utterance_sheet(finding, rows, measured, page)) for finding in findings]
    text = render_page(
        "audit.html",
        _PACKAGE,
        title=f"Audit of {manifest.path.name}",
        manifest=str(manifest.path),
        verdict=verdict(findings),
        tiles=list(_tiles(summary)),
        groups={
            heading: [item for item in shown if item.finding.severity == severity]
            for severity, heading in _HEADINGS.items()
        },
        distributions=draw_distributions(list(measured.sounds.values())),
        speakers=speaker_section(manifest.utterances, findings, measured),
        tile_style=shipped("audit.css", _PACKAGE),
    )
    write_text(page, f"{_MARK}\n{text}")


_HEADINGS = {"error": "Errors", "warning": "Warnings", "note": "Notes"}


def _tiles(summary: Summary) -> Iterator[Tile]:
    yield Tile("utterances", f"{summary.utterances:,}")
    yield Tile("hours", f"{summary.hours:.2f}")
    yield Tile("speakers", f"{summary.speakers:,}" if summary.speakers else "unknown")
    yield Tile("labels", f"{len(summary.labels):,}")
    if summary.seconds is None:
        return
    yield Tile("sample rate, Hz", listed([f"{rate:,}" for rate in summary.rates], 2))
    yield Tile("median length, s", f"{summary.seconds:.1f}")
    yield Tile("median level, dB", f"{summary.level:.0f}".replace("-", "−"))
    yield Tile("median SNR, dB", f"{summary.snr:.0f}")
    yield Tile("median bandwidth, kHz", f"{(summary.bandwidth or 0) / 1000:g}")
    yield Tile("pauses at the ends", f"{summary.pauses:.0%}")
