"""What heads make of layers, as a table for people and a CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from featx.layer_analysis.figures import draw_layers, style_lines
from featx.layer_analysis.read_weights import read_weights
from featx.layer_analysis.weights import LayerWeights, average, name_corpora
from featx.scoring.predictions import rounded
from featx.scoring.text import WIDE, plain_table, render
from featx.utils.arguments import as_list
from featx.utils.files import AnyPath, as_paths, write_csv

_HEADER = (
    "run", "corpus", "features", "encoder", "layer", "heads", "weight", "weight_deviation", "scale",
    "corrected", "corrected_deviation",
)  # fmt: skip


def write_layers(weights: Sequence[LayerWeights], path: Path) -> None:
    """Write a row for each run, store and layer; what is unknown is empty.

    Args:
        weights: the weights of one run or several.
        path: the path of the CSV.
    """
    write_csv(path, _HEADER, _all_rows(weights))


def _all_rows(weights: Sequence[LayerWeights]) -> list[list[object]]:
    corpora = name_corpora(weights)
    return [row for learned in weights for row in _rows(learned, corpora[learned.manifest])]


def to_text(weights: Sequence[LayerWeights]) -> str:
    """Return the weights by layer, as they were learned and corrected for scale."""
    labels = [line.label for line in style_lines(weights)]
    corrected = [None if learned.is_of_one_scale else learned.corrected for learned in weights]
    header = []
    for label, values in zip(labels, corrected, strict=True):
        header += [label] if values is None else [label, "corrected"]
    table = plain_table("layer", *header)
    columns = [
        dict(zip(learned.layers, _described(values), strict=True))
        for learned, own in zip(weights, corrected, strict=True)
        for values in (learned.weights, own)
        if values is not None
    ]
    for layer in sorted({layer for learned in weights for layer in learned.layers}, key=int):
        name = "0 (local encoder)" if layer == "0" else layer
        table.add_row(name, *(column.get(layer, "") for column in columns))
    return "\n".join([render(table, width=WIDE).strip("\n"), "", *_notes(weights, labels)])


def _notes(weights: Sequence[LayerWeights], labels: Sequence[str]) -> list[str]:
    notes = ["Mean ± deviation over seeds and folds."]
    if any(learned.corrected is not None and not learned.is_of_one_scale for learned in weights):
        notes = [f"{notes[0]} Corrected: weight × scale, adding up to one."]
    for learned, label in zip(weights, labels, strict=True):
        if learned.corrected is None:
            notes.append(
                f"{label}: {learned.run} was fitted before scales were kept, so its weights "
                "can't be corrected. Fit it again with `overwrite`."
            )
        elif learned.is_of_one_scale:
            notes.append(f"{label}: its layers are of one scale, so correcting changes nothing.")
    return notes


def _rows(learned: LayerWeights, corpus: str) -> list[list[object]]:
    columns = [*average(learned.weights)]
    if learned.scales is not None and learned.corrected is not None:
        columns += [learned.scales.mean(0), *average(learned.corrected)]
    columns += [np.full(len(learned.layers), np.nan)] * (5 - len(columns))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [
        [
            learned.run.as_posix(),
            corpus,
            learned.features,
            learned.encoder,
            layer,
            len(learned.weights),
            *("" if np.isnan(value) else value for value in rounded(values)),
        ]
        for layer, values in zip(learned.layers, rows, strict=True)
    ]


def _described(values: np.ndarray) -> list[str]:
    return [
        f"{mean:.3f}" if np.isnan(deviation) else f"{mean:.3f} ± {deviation:.3f}"
        for mean, deviation in zip(*average(values), strict=True)
    ]


@dataclass(frozen=True)
class ShownLayers:
    """What heads make of layers, and the files that say so.

    Attributes:
        weights: the weights of each run and of each store whose layers it averages.
        files: the CSV and the pictures.
    """

    weights: Sequence[LayerWeights]
    files: Sequence[Path]

    def to_text(self) -> str:
        """Return the weights by layer, as they were learned and corrected for scale."""
        return to_text(self.weights)

    def to_json(self) -> dict[str, Any]:
        """Return the rows of the CSV and the files as JSON values; what is unknown is null."""
        rows = [
            {name: None if cell == "" else cell for name, cell in zip(_HEADER, row, strict=True)}
            for row in _all_rows(self.weights)
        ]
        return {"layers": rows, "files": list(map(str, self.files))}


def show_layers(
    runs: AnyPath | Sequence[AnyPath],
    out: str | Path = "layers",
    *,
    dashed: str | Sequence[str] = (),
) -> ShownLayers:
    """Show which layers heads weigh most: as a table, a CSV and a picture.

    Args:
        runs: run folders; one that is given twice counts once.
        out: the folder where `layers.csv`, `layers.png` and `layers.pdf` are written.
        dashed: encoders, stores or runs to draw dashed, beside those fine-tuned for ASR.

    Returns:
        The weights, and the files written.

    Raises:
        FeatxError: if a run has no average of several layers, or a name is unknown.

    Example:
        >>> from featx.layer_analysis.tables import show_layers
        >>> print(show_layers(["runs/manifest-encoder-dense"]).to_text())
    """
    folder = Path(out)
    weights = [learned for run in dict.fromkeys(as_paths(runs)) for learned in read_weights(run)]
    draw_layers(weights, folder / "layers", as_list(dashed))
    table = folder / "layers.csv"
    write_layers(weights, table)
    return ShownLayers(weights, (table, folder / "layers.png", folder / "layers.pdf"))
