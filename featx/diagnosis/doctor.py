"""Everything about a machine that featx depends on."""

import html
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from featx.diagnosis.check import Check, guarded
from featx.diagnosis.disk import check_disk
from featx.diagnosis.hub import check_hub, check_weights
from featx.diagnosis.machine import check_gpu, check_memory, check_processor, check_threads
from featx.diagnosis.packages import check_extras, check_packages, check_python
from featx.diagnosis.sound import check_codecs
from featx.utils.arguments import checked
from featx.utils.text import counted

_CURE = "-> "


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes:
        checks: everything that was looked at.
    """

    checks: Sequence[Check]

    @property
    def problems(self) -> list[Check]:
        """What keeps featx from working."""
        return [check for check in self.checks if check.state == "problem"]

    def to_text(self) -> str:
        """Return a line for each check, with its cure below it, and how many are not well."""
        width = max(len(check.name) for check in self.checks)
        lines = []
        for check in self.checks:
            lines.append(f"{check.state:<7}  {check.name:<{width}}  {check.found}")
            if check.cure:
                lines.append(f"{'':<7}  {'':<{width}}  {_CURE}{check.cure}")
        return "\n".join([*lines, "", self._summary()])

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {"ok": not self.problems, "checks": [asdict(check) for check in self.checks]}

    def _summary(self) -> str:
        states = Counter(check.state for check in self.checks)
        warnings = counted(states["warning"], "warning")
        return f"{counted(states['problem'], 'problem')}, {warnings}."

    def _repr_html_(self) -> str:
        """Return the same for a notebook."""
        rows = "".join(
            f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"
            for check in self.checks
            for cells in [(check.state, check.name, check.found, check.cure)]
        )
        return f"<table>{rows}</table><p>{self._summary()}</p>"


@checked
def doctor(folder: str | Path = "features") -> Diagnosis:
    """Check what featx needs of this machine: packages, processor, disk, audio, network.

    It works where torch or another package is broken. 64 MB are written beside the folder and
    removed, and the Hub is asked for an answer; nothing else leaves the machine.

    Args:
        folder: where features are to be stored; its disk is tried, it need not exist.

    Returns:
        What was found, with a cure for each problem.

    Raises:
        FeatxError: if the folder is not a path.

    Example:
        >>> diagnosis = featx.doctor()
        >>> print(diagnosis.to_text())
        >>> [check.cure for check in diagnosis.problems]
        []
    """
    looks: dict[str, Callable[[], Iterable[Check]]] = {
        "Python": check_python,
        "packages": check_packages,
        "extras": check_extras,
        "processor": check_processor,
        "threads": check_threads,
        "memory": check_memory,
        "GPU": check_gpu,
        "audio": check_codecs,
        "disk": partial(check_disk, Path(folder)),
        "Hub": check_hub,
        "weights": check_weights,
    }
    return Diagnosis([check for name, look in looks.items() for check in guarded(name, look)])
