"""Everything that can be wrong with a corpus, in one pass over its audio."""

from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from featx.auditing.checks import find_everything
from featx.auditing.page import check_page, write_page
from featx.auditing.summary import Summary, summarise
from featx.auditing.table import check_table, write_table
from featx.auditing.text import to_text
from featx.data.checks.corpus import check_corpus
from featx.data.checks.finding import Finding
from featx.data.manifest import Manifest, load_manifest
from featx.data.sounds.measure import Measured
from featx.utils.arguments import checked


@dataclass(frozen=True)
class Audit:
    """What was found in a corpus.

    Attributes:
        findings: errors first, then warnings, then notes.
        summary: the corpus in a few figures.
        page: the page that was written.
        manifest: what was looked at.
        measured: what was measured of each utterance's audio.
    """

    findings: tuple[Finding, ...]
    summary: Summary
    page: Path
    manifest: Manifest = field(repr=False)
    measured: Measured = field(repr=False)

    @property
    def errors(self) -> list[Finding]:
        """What makes results worthless."""
        return [finding for finding in self.findings if finding.severity == "error"]

    def to_text(self) -> str:
        """Return the figures, and a paragraph for each finding."""
        return to_text(self.summary, self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "ok": not self.errors,
            "manifest": str(self.manifest.path),
            "page": str(self.page),
            "summary": self.summary.to_json(),
            "findings": [asdict(finding) for finding in self.findings],
        }

    def _repr_html_(self) -> str:
        """Return the findings for a notebook."""
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
            for f in self.findings
            for cells in [(f.severity, f.check, f"{len(f.utterances) or ''}", f.text)]
        )
        header = "<tr><th></th><th>check</th><th>utterances</th><th>finding</th></tr>"
        return f"<table>{header}{rows}</table><p>{escape(str(self.page))}</p>"


@checked
def audit(
    manifest: str | Path | Manifest = "manifest.csv",
    out: str | Path = "audit.html",
    *,
    sounds: str | Path | None = None,
) -> Audit:
    """Look for everything that can be wrong with a corpus, and put it on a page.

    Every utterance is decoded once, on all cores. What is looked for, and where the thresholds are,
    is in docs/auditing.md.

    Args:
        manifest: a manifest, or its file.
        out: the page, with the ending .html.
        sounds: a CSV to write besides, with a row of measurements for each utterance; None for
            none.

    Returns:
        The findings, with the ids of the utterances that they are about.

    Raises:
        ManifestError: if the manifest can't be read.
        FeatxError: if a file is in the place of the page or of the CSV that is none of featx.
        Interrupted: on Ctrl-C.

    Example:
        >>> audit = featx.audit("manifest.csv")
        >>> audit.errors
        []
        >>> audit.page.name
        'audit.html'
    """
    page = Path(out)
    check_page(page)
    table = None if sounds is None else Path(sounds)
    if table:
        check_table(table)
    listed = manifest if isinstance(manifest, Manifest) else load_manifest(manifest)
    known = check_corpus(listed.utterances)
    measured = known.measured
    found = Audit(
        find_everything(listed.utterances, known),
        summarise(listed.utterances, measured),
        page,
        listed,
        measured,
    )
    write_page(page, listed, found.findings, found.summary, measured)
    if table:
        write_table(table, listed.utterances, measured)
    return found
