"""What an extraction did, or would do."""

import html
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cache import FeatureStore, describe_bytes
from featx.features.planning.plan import ExtractionPlan
from featx.features.stores.folders import open_store
from featx.features.writing.failures import FAILURES, Failure, describe_failures
from featx.utils.text import counted


@dataclass(frozen=True)
class Extraction:
    """What an extraction did, or would do after a dry run.

    Attributes:
        folder: the store's folder, or its URL.
        plan: what the store is to hold.
        extracted: how many utterances were extracted now.
        kept: how many utterances were there before.
        failures: utterance id to why it has no features: the audio's `path`, the `stage` at which
            it failed and the `reason`.
        shared: how many of these were there under another id, of the same audio.
        dry_run: whether nothing was written.
        failures_file: the name of the file that lists the failures; None if none was written.
    """

    folder: Path
    plan: ExtractionPlan = field(repr=False)
    extracted: int
    kept: int
    failures: dict[str, Failure]
    shared: int = 0
    dry_run: bool = False
    failures_file: str | None = FAILURES

    @cached_property
    def store(self) -> FeatureStore:
        """The features.

        Raises:
            StoreError: if there is no store, as after a dry run.
        """
        return open_store(self.folder)

    def describe(self) -> str:
        """Say in words what was done, and what failed."""
        if self.dry_run:
            return f"Dry run, nothing was written. The store would be {self.folder}."
        shared = f", {self.shared:,} of them under other ids" if self.shared else ""
        done = f"{counted(self.extracted, 'utterance')} extracted, {self.kept:,} there before"
        return f"{done}{shared}: {self.folder}{self._failures()}"

    def _failures(self) -> str:
        listed = self.failures_file is not None and not self.dry_run
        return describe_failures(
            self.failures, self.folder / str(self.failures_file) if listed else None
        )

    def to_json(self) -> dict[str, Any]:
        """Return what was done, and what the store holds or would hold, as JSON values."""
        layout = self.plan.layout
        return {
            "store": str(self.folder),
            "dry_run": self.dry_run,
            "extracted": self.extracted,
            "kept": self.kept,
            "shared": self.shared,
            "failures": {name: failure.to_json() for name, failure in self.failures.items()},
            "seconds": self.plan.seconds,
            "layers": list(layout.layers),
            "dim": layout.dim,
            "dtype": layout.dtype,
            "bytes": self.plan.nbytes,
        }

    def _repr_html_(self) -> str:
        """Return a table of what the store holds, for a notebook."""
        layout = self.plan.layout
        rows = {
            "store": str(self.folder),
            "utterances extracted": "none, a dry run" if self.dry_run else f"{self.extracted:,}",
            "utterances there before": f"{self.kept:,}",
            "utterances that failed": f"{len(self.failures):,}",
            "audio": f"{self.plan.seconds / 3600:.2f} h",
            "layers": ", ".join(layout.layers),
            **({"windows": "short, without silence"} if self.plan.short else {}),
            "features a frame": f"{layout.dim:,} in {layout.dtype}",
            "size": describe_bytes(self.plan.nbytes),
        }
        cells = "".join(
            f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
            for name, value in rows.items()
        )
        why = html.escape(self._failures())
        return f"<table>{cells}</table>" + (f"<pre>{why.strip()}</pre>" if why else "")
