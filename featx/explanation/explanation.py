"""What speaks for a class in an utterance, as a table, a CSV and a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featx.explanation.stores import StoreContributions, over_time
from featx.scoring.predictions import rounded
from featx.scoring.text import draw_table, render
from featx.utils.files import portable_name, write_csv
from featx.utils.tables import TextTable, html_notes, html_table
from featx.utils.text import counted

MOMENT = 0.2  # seconds, about a syllable
_MOMENTS = 3  # that are named in the text
_NOTHING_ELSE = 0.05  # of the sum by layers, below which the integral's error is not mentioned


@dataclass(frozen=True)
class Explanation:
    """What speaks for a class, and against it, in an utterance: by layer and by time.

    The class's logit is taken less the mean of all classes' logits, or by itself where several
    labels may fit. Contributions add up to its difference from the logit of the average utterance
    of training. Of a number, such as arousal, they add up to its difference from that of the
    average utterance.

    Attributes:
        file: the audio.
        label: the class or label that is explained, or the number.
        predicted: the most probable class; the labels that are predicted, joined by "|"; the same
            as `label` of a number.
        probability: that of `label`; None of a number.
        heads: how many heads it is the average of.
        logit: the logit of `label`, or the number.
        baseline: what it is for the average utterance.
        stores: the contributions of each store; of a single one unless stores are fused.
        several: whether any number of labels may fit.
    """

    file: str
    label: str
    predicted: str
    probability: float | None
    heads: int
    logit: float
    baseline: float
    stores: Sequence[StoreContributions]
    several: bool = False

    @property
    def total(self) -> float:
        """The sum of all contributions."""
        return float(sum(store.values.sum() for store in self.stores))

    @property
    def rest(self) -> float:
        """What contributions miss of the logits' difference: nothing, or an integral's error."""
        return self.logit - self.baseline - self.total

    def over_time(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what all layers add at each time.

        Returns:
            (n + 1,) where pieces of time begin and the last one ends, in seconds, and (n,) what
            they add for each second.
        """
        return over_time(self.stores)

    def moments(self, seconds: float = MOMENT) -> list[tuple[float, float, float]]:
        """Return equal stretches of the utterance, in order.

        Args:
            seconds: about how long a stretch is.

        Returns:
            Start, end and contribution of each.
        """
        edges, density = self.over_time()
        summed = np.concatenate([[0.0], np.cumsum(density * np.diff(edges))])
        count = max(1, round((edges[-1] - edges[0]) / seconds))
        bounds = np.linspace(edges[0], edges[-1], count + 1)
        added = np.diff(np.interp(bounds, edges, summed))
        return list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), added.tolist(), strict=True))

    def to_csv(self, path: str | Path) -> None:
        """Write a CSV with the columns layer, start, end and contribution; times in seconds.

        Where stores are fused, the column encoder comes first.

        Args:
            path: the file; replaced if it is there.
        """
        several = len(self.stores) > 1
        rows = (
            [*([store.encoder] if several else []), layer, *rounded([start, end, value])]
            for store in self.stores
            for layer, values in zip(store.layers, store.values, strict=True)
            for start, end, value in zip(store.edges[:-1], store.edges[1:], values, strict=True)
        )
        encoder = ["encoder"] if several else []
        write_csv(Path(path), [*encoder, "layer", "start", "end", "contribution"], rows)

    def draw(self, path: str | Path) -> None:
        """Draw the waveform, the spectrogram, and the contributions below them.

        Args:
            path: the file, which ends in .png, .pdf or .svg; replaced if it is there.

        Raises:
            FeatxError: if the audio is not there any more, or the path has another ending.
        """
        from featx.explanation.figures import draw_explanation  # matplotlib: only to draw

        draw_explanation(Path(self.file), self.title, self.label, self.stores, Path(path))

    def write(self, folder: str | Path) -> list[Path]:
        """Write NAME-CLASS.png and NAME-CLASS.csv, as `draw` and `to_csv` do.

        Args:
            folder: where they go.

        Returns:
            The files.
        """
        name = portable_name(f"{Path(self.file).stem}-{self.label}")
        picture, table = (Path(folder, f"{name}.{ending}") for ending in ("png", "csv"))
        self.draw(picture)
        self.to_csv(table)
        return [picture, table]

    @property
    def title(self) -> str:
        """The class and its probability, or the number."""
        if self.probability is None:
            return f"{self.label} {self.logit:.4g}"
        own = f"{self.label}, {100 * self.probability:.0f} %"
        if self.several:
            return f"{own}; predicted: {self.predicted}"
        return own if self.label == self.predicted else f"{own}; {self.predicted} is likelier"

    def to_text(self) -> str:
        """Return the contributions by layer, what they add up to, and the strongest moments."""
        table = render(draw_table(self._by_layer())).strip("\n")
        return "\n".join([f"{Path(self.file).name}: {self.title}", "", table, "", *self._notes()])

    def __str__(self) -> str:
        return self.to_text()

    def _by_layer(self) -> TextTable:
        several = len(self.stores) > 1
        rows = [
            (f"{store.encoder} {layer}" if several else str(layer), self._signed(value))
            for store in self.stores
            for layer, value in zip(store.layers, store.values.sum(1), strict=True)
        ]
        rows.append(("all layers", self._signed(self.total)))
        rows.append(("average utterance", self._signed(self.baseline)))
        number = self.probability is None
        if abs(self.rest) >= _NOTHING_ELSE * (abs(self.total) if number else 1.0):
            rows.append(("error of the integral", self._signed(self.rest)))
        rows.append(("predicted" if number else "logit", self._signed(self.logit)))
        return TextTable(("layer", f"for {self.label}"), rows)

    def _notes(self) -> list[str]:
        strongest = sorted(self.moments(), key=lambda moment: -moment[2])[:_MOMENTS]
        named = (f"{s:.2f}-{e:.2f} s ({self._signed(v)})" for s, e, v in strongest if v > 0)
        most = ", ".join(named) or "none"
        of = f"the average of {counted(self.heads, 'head')}" if self.heads > 1 else "a single head"
        if self.probability is None:
            return [
                f"Moments that raise {self.label} most: {most}.",
                f"What is predicted is {of}, in the unit of {self.label}.",
            ]
        whose = "alone, 0 at 50 %" if self.several else "less the mean of all classes'"
        return [
            f"Moments that speak most for {self.label}: {most}.",
            f"The logit is that of {self.label} {whose}, {of}.",
        ]

    def _repr_html_(self) -> str:
        return html_notes([self.title]) + html_table(self._by_layer()) + html_notes(self._notes())

    def _signed(self, value: float) -> str:
        shown = f"{value:+.2f}" if self.probability is not None else f"{value:+.4g}"
        return shown.replace("-", "−")
