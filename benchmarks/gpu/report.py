"""Figures as they come, in a file, and as tables of what is there."""

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.gpu.parts import Figure

EXTRACTION = (
    "model", "precision", "s of audio a second", "over the usual way", "over the floor",
    "the floor is", "GPU memory, GB",
)  # fmt: skip
STEPS = ("what", "figure", "unit", "remark")
SKIPPED = ("part", "device", "seconds", "failed")


class Report:
    """A folder with figures.jsonl, figures.md and log.txt.

    Args:
        folder: made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._figures = folder, folder / "figures.jsonl"
        self.log = folder / "log.txt"

    def begin(self) -> None:
        """Forget an earlier report."""
        self._figures.write_text("")
        self.log.write_text("")

    def note(self, part: str, figure: Figure) -> None:
        """Write a figure, so that it is there whatever happens next."""
        with self._figures.open("a") as file:
            file.write(json.dumps({"part": part, **figure}) + "\n")

    def figures(self, part: str | None = None) -> list[Figure]:
        """Return the figures that were noted, of a part or of all."""
        found = [json.loads(line) for line in self._figures.read_text().splitlines()]
        return [figure for figure in found if part in (None, figure["part"])]

    def ended(self) -> set[str]:
        """Return the parts that have ended, well or not."""
        return {figure["part"] for figure in self.figures() if "seconds" in figure}

    def end(self, part: str, seconds: float | None = None) -> None:
        """Print a part's tables, and write those of all."""
        if seconds is not None:
            self.note(part, {"seconds": round(seconds, 1)})
        print(f"{part}: {'broken off' if seconds is None else f'{seconds:.0f} s'}")
        print(markdown(self.figures(part)), flush=True)
        self.write()

    def write(self) -> str:
        """Write the tables of all parts, and return them."""
        tables = markdown(self.figures())
        (self.folder / "figures.md").write_text(tables)
        return tables


def markdown(figures: Sequence[Figure]) -> str:
    """Return figures as tables: of the machine, of extraction, of steps, and of checks."""
    machine = {k: v for f in figures if f["part"] == "machine" for k, v in f.items()}
    lines = []
    if machine:
        facts = ", ".join(f"{k} {shown(v)}" for k, v in machine.items() if k not in SKIPPED)
        lines.append(f"On {machine.get('device', 'a device that did not say what it is')}: {facts}")
    lines += table(EXTRACTION, [f for f in figures if "over the floor" in f])
    lines += table(STEPS, [f for f in figures if "what" in f])
    checks = [{**f, "": "passed" if f["passed"] else "FAILED"} for f in figures if "check" in f]
    lines += table(("check", "", "seen"), checks)
    lines += [f"- {f['part']}: not done, {f['failed']}" for f in figures if "failed" in f]
    return "\n".join(lines) + "\n"


def table(names: Sequence[str], figures: Sequence[Figure]) -> list[str]:
    """Return the lines of a table in Markdown, none if it is empty."""
    if not figures:
        return []
    rows = [[shown(figure.get(name, "")) for name in names] for figure in figures]
    cells = [list(names), ["---"] * len(names), *rows]
    return ["", *(f"| {' | '.join(row)} |" for row in cells), ""]


def shown(value: object) -> str:
    """Return a cell's text: three digits of a number that is no count."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)
