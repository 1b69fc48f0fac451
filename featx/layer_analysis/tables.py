"""What heads make of layers, as a table for people and a CSV."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from featx.layer_analysis.figures import draw_layers, style_lines
from featx.layer_analysis.weights import LayerWeights, average, name_corpora, read_weights
from featx.scoring.predictions import rounded
from featx.scoring.results import WIDE, plain_table, render
from featx.utils.files import write_csv

_HEADER = (
    "run", "corpus", "features", "encoder", "layer", "heads", "weight", "weight_deviation", "scale",
    "corrected", "corrected_deviation",
)  # fmt: skip


def write_layers(weights: Sequence[LayerWeights], path: Path) -> None:
    """Write a row for each run, store and layer; what is unknown is empty.

    Args:
        weights: of one run or several.
        path: of the CSV.
    """
    corpora = name_corpora(weights)
    rows = [row for one in weights for row in _rows(one, corpora[one.manifest])]
    write_csv(path, _HEADER, rows)


def to_text(weights: Sequence[LayerWeights]) -> str:
    """Return the weights by layer, as they were learned and corrected for scale."""
    labels = [line.label for line in style_lines(weights)]
    corrected = [None if one.is_of_one_scale else one.corrected for one in weights]
    header = []
    for label, values in zip(labels, corrected, strict=True):
        header += [label] if values is None else [label, "corrected"]
    table = plain_table("layer", *header)
    columns = [
        dict(zip(one.layers, _described(values), strict=True))
        for one, own in zip(weights, corrected, strict=True)
        for values in (one.weights, own)
        if values is not None
    ]
    for layer in sorted({layer for one in weights for layer in one.layers}, key=int):
        name = "0 (local encoder)" if layer == "0" else layer
        table.add_row(name, *(column.get(layer, "") for column in columns))
    return "\n".join([render(table, width=WIDE).strip("\n"), "", *_notes(weights, labels)])


def _notes(weights: Sequence[LayerWeights], labels: Sequence[str]) -> list[str]:
    notes = ["Mean ± deviation over seeds and folds."]
    if any(one.corrected is not None and not one.is_of_one_scale for one in weights):
        notes = [f"{notes[0]} Corrected: weight × scale, adding up to one."]
    for one, label in zip(weights, labels, strict=True):
        if one.corrected is None:
            notes.append(
                f"{label}: {one.run} was fitted before scales were kept, so its weights can't be "
                "corrected; fit it again with --overwrite."
            )
        elif one.is_of_one_scale:
            notes.append(f"{label}: its layers are of one scale, so correcting changes nothing.")
    return notes


def _rows(one: LayerWeights, corpus: str) -> list[list[object]]:
    columns = [*average(one.weights)]
    if one.scales is not None and one.corrected is not None:
        columns += [one.scales.mean(0), *average(one.corrected)]
    columns += [np.full(len(one.layers), np.nan)] * (5 - len(columns))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [
        [
            *(one.run.as_posix(), corpus, one.features, one.encoder, layer, len(one.weights)),
            *("" if np.isnan(value) else value for value in rounded(values)),
        ]
        for layer, values in zip(one.layers, rows, strict=True)
    ]


def _described(values: np.ndarray) -> list[str]:
    return [
        f"{mean:.3f}" if np.isnan(deviation) else f"{mean:.3f} ± {deviation:.3f}"
        for mean, deviation in zip(*average(values), strict=True)
    ]


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
