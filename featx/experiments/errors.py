"""Why an experiment, or parts of it, could not be run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from featx.errors import FeatxError
from featx.experiments.checking.findings import Explain
from featx.utils.text import counted

if TYPE_CHECKING:
    from featx.experiments.checking.validate import Inspection


class ExperimentError(FeatxError):
    """An experiment that can't run as it is, so that nothing of it was run.

    Attributes:
        inspection: what the check found.
    """

    def __init__(self, path: Path, inspection: Inspection) -> None:
        self.path, self.inspection = path, inspection
        super().__init__(self.to_text())

    def to_text(self, explain: Explain = str) -> str:
        """Return what would run and every finding, each problem as `explain` writes it."""
        from featx.experiments.checking.text import to_text

        found = to_text(self.inspection, explain)
        return f"{self.path} can't run as it is:\n{found}\nNothing was run."


class PartsFailed(FeatxError):
    """Parts of an experiment that failed, while the others were done.

    Attributes:
        failures: why each failed, by the part's name.
    """

    def __init__(self, failures: Mapping[str, FeatxError], rest: str) -> None:
        self.failures, self._rest = failures, rest
        super().__init__(self.to_text())

    def to_text(self, explain: Explain = str) -> str:
        """Return the first line on each part, each problem as `explain` writes it."""
        lines = [f"  {name}: {explain(why).splitlines()[0]}" for name, why in self.failures.items()]
        failed = counted(len(self.failures), "part")
        return "\n".join([f"{failed} failed; {self._rest}:", *lines])
