"""The picture of an explanation."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from featx.data.audio import SAMPLE_RATE, Waveform, read_audio
from featx.errors import FeatxError
from featx.explanation.stores import StoreContributions, over_time
from featx.utils.pictures import BLUE, ORANGE, STYLE, WIDTH, write_picture

# Its lightness goes one way: what speaks for the class is dark in grey too, what speaks against it
# is light.
COLOURS = "cividis_r"
ENDINGS = (".png", ".pdf", ".svg")
_WINDOW, _STEP = 400, 160  # samples of a spectrum, and between two: 25 and 10 ms
_RANGE = 70  # dB below the loudest that the spectrogram shows
_SHOWN = 99.5  # percentile of the contributions at which colours end
_NAMED = 13  # layers at most that are named


def draw_explanation(
    file: Path, title: str, label: str, stores: Sequence[StoreContributions], path: Path
) -> None:
    """Draw the waveform, the spectrogram, contributions by layer and time, and their sums.

    Args:
        file: the audio.
        title: what stands above the picture, before the name of the audio.
        label: the class that is explained.
        stores: the contributions of each store.
        path: where, with its ending.

    Raises:
        FeatxError: if the audio is not there any more, or the path has another ending.
    """
    if path.suffix not in ENDINGS:
        raise FeatxError(f"`path={str(path)!r}`: must end in {', '.join(ENDINGS)}.")
    waveform = read_audio(file)
    heights = [0.45, 0.8, *(0.35 + 0.11 * len(s.layers) for s in stores), 0.75]
    with mpl.rc_context(STYLE):
        figure = Figure((2 * WIDTH, sum(heights) + 0.7), layout="constrained")
        grid = figure.add_gridspec(len(heights), 2, height_ratios=heights, width_ratios=[5, 1])
        main = [figure.add_subplot(grid[0, 0])]
        main += [figure.add_subplot(grid[row, 0], sharex=main[0]) for row in range(1, len(heights))]
        right = [figure.add_subplot(grid[row, 1]) for row in range(2, len(heights) - 1)]
        figure.suptitle(f"{title} ({file.name})", fontsize=9)
        _draw_sound(waveform, main[0], main[1])
        _draw_stores(stores, main[2:-1], right)
        _draw_sum(stores, main[-1])
        for axes in main[:-1]:
            axes.tick_params(labelbottom=False)
        main[0].set_xlim(0, len(waveform) / SAMPLE_RATE)
        right[-1].set_xlabel(f"for {label}")
        write_picture(figure, path, dpi=200)


def _draw_sound(waveform: Waveform, wave: Axes, spectrum: Axes) -> None:
    times = np.arange(len(waveform)) / SAMPLE_RATE
    wave.plot(times, waveform, color="0.3", lw=0.3, rasterized=True)
    wave.set_yticks([])
    wave.spines["left"].set_visible(False)
    wave.set_ylabel("wave")
    padded = np.pad(waveform, (0, max(0, _WINDOW - len(waveform))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_STEP]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(_WINDOW)))).T
    levels = 10 * np.log10(power + 1e-12)
    most = float(levels.max())
    end = ((len(frames) - 1) * _STEP + _WINDOW) / SAMPLE_RATE
    spectrum.imshow(
        levels, cmap="Greys", vmin=most - _RANGE, vmax=most, origin="lower", aspect="auto",
        extent=(0, end, 0, SAMPLE_RATE / 2000),
    )  # fmt: skip
    spectrum.set_ylabel("kHz")


def _draw_stores(
    stores: Sequence[StoreContributions], main: Sequence[Axes], right: Sequence[Axes]
) -> None:
    """Draw a map of each store's contributions for each second, and bars of its layers' sums."""
    for store, axes, bars in zip(stores, main, right, strict=True):
        density = store.values / np.diff(store.edges)
        most = float(np.percentile(np.abs(density), _SHOWN)) or 1.0
        places = np.arange(len(store.layers) + 1) - 0.5
        mesh = axes.pcolormesh(
            store.edges, places, density, cmap=COLOURS, vmin=-most, vmax=most, rasterized=True
        )
        named = range(0, len(store.layers), -(-len(store.layers) // _NAMED))
        axes.set_yticks(named, [store.layers[number] for number in named])
        axes.set_ylabel("layer" if len(stores) == 1 else f"layer,\n{Path(store.encoder).name}")
        sums = store.values.sum(1)
        colours = [BLUE if value >= 0 else ORANGE for value in sums]
        bars.barh(range(len(sums)), sums, color=colours)
        bars.axvline(0, color="0.3", lw=0.6)
        bars.set_ylim(-0.5, len(sums) - 0.5)
        bars.tick_params(labelleft=False)
        axes.figure.colorbar(mesh, ax=bars, label="for each second", extend="both", pad=0.05)


def _draw_sum(stores: Sequence[StoreContributions], axes: Axes) -> None:
    edges, density = over_time(stores)
    axes.stairs(density.clip(min=0), edges, fill=True, color=BLUE)
    axes.stairs(density.clip(max=0), edges, fill=True, color=ORANGE)
    axes.axhline(0, color="0.3", lw=0.6)
    axes.set_ylabel("all layers,\nfor each second")
    axes.set_xlabel("time, s")
