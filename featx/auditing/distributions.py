"""How lengths, levels, noise and bandwidths are spread over a corpus, drawn."""

from collections.abc import Sequence

import numpy as np

from featx.data.sounds.sound import Sound
from featx.reporting.charts import Chart, Panel, extent
from featx.reporting.sheets import Cell, Sheet

_BINS = 30
_ENDS = (0.5, 99.5)  # percentiles; what is beyond counts in the outermost bins
_BANDS = np.arange(0, 8.5, 0.5)  # kHz


def draw_distributions(sounds: Sequence[Sound]) -> list[Panel]:
    """Draw how many utterances have which length, level, SNR and bandwidth."""
    if not sounds:
        return []
    bands = np.array([sound.bandwidth for sound in sounds]) / 1000
    return [
        _panel("Length", "s", np.array([sound.seconds for sound in sounds])),
        _panel("Level of loud parts", "dB of full scale", np.array([s.speech for s in sounds])),
        _panel("Loud parts above quiet ones (SNR)", "dB", np.array([s.snr for s in sounds])),
        _panel("Bandwidth", "kHz", np.nextafter(bands, 0), _BANDS),
    ]


def _panel(title: str, unit: str, values: np.ndarray, edges: np.ndarray | None = None) -> Panel:
    if edges is None:
        low, high = np.percentile(values, _ENDS)
        room = (high - low) / _BINS or 0.5
        edges = np.linspace(low - room, high + room, _BINS + 1)
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    shares = 100 * counts / len(values)
    ends = float(edges[0]), float(edges[-1])
    chart = Chart(title, unit, "% of utterances", ends, extent(shares))
    chart.add("two", [_outline(shares, edges)])
    rows = [
        [Cell(f"{low:.3g} to {high:.3g}"), Cell(f"{count:,}")]
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    return Panel([chart], Sheet(title, [unit, "utterances"], rows))


def _outline(heights: np.ndarray, edges: np.ndarray) -> list[tuple[float, float]]:
    """Return the corners of a histogram from left to right."""
    x = np.repeat(edges, 2)
    y = np.concatenate([[0], np.repeat(heights, 2), [0]])
    return [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
