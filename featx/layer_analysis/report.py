"""The layer weights of runs side by side: picture, CSV and table."""

from collections.abc import Sequence
from pathlib import Path

from featx.layer_analysis.figures import draw_layers
from featx.layer_analysis.tables import to_text, write_layers
from featx.layer_analysis.weights import read_weights


def show_layers(runs: Sequence[Path], out: Path, dashed: Sequence[str] = ()) -> str:
    """Write `layers.csv`, `layers.png` and `layers.pdf`.

    Args:
        runs: run folders.
        out: the folder to write to.
        dashed: encoders, stores or run names to draw dashed, beside those fine-tuned for ASR.

    Returns:
        The same as a table.

    Raises:
        FeatxError: if a run has no average of several layers, or a name is unknown.
    """
    # a run given twice counts once
    weights = [one for run in dict.fromkeys(runs) for one in read_weights(run)]
    draw_layers(weights, out / "layers", dashed)
    write_layers(weights, out / "layers.csv")
    return to_text(weights)
