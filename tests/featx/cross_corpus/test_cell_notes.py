"""Notes of the cells of a matrix: each once, with the cells that it is about."""

from pathlib import Path

import numpy as np

from featx.cross_corpus.cell_notes import gather_notes
from featx.cross_corpus.cells import Cell, pair_corpora
from featx.scoring.classes.results import SeedPredictions, score_predictions


def gathered(*remarks: list[str]) -> list[str]:
    """Return what is told of the cells of two corpora with these remarks."""
    labels = np.tile([0, 1], 10)
    seeds = [SeedPredictions(labels, labels, [f"s{n}" for n in range(20)])]
    cells = [
        Cell(pairing, Path(), score_predictions("t", ["sad", "happy"], seeds, False, own))
        for pairing, own in zip(pair_corpora(["a", "b"]), remarks, strict=True)
    ]
    return gather_notes(cells)


def test_a_note_of_several_cells_is_told_once():
    same = "The same of all."
    notes = gathered([same], [same, "Of the second."], [same], [same])
    assert notes == ["All cells: The same of all.", "a → b: Of the second."]


def test_notes_that_differ_in_figures_alone_are_the_same():
    loud = "Full scale is reached in {} of 1,440 utterances."
    notes = gathered([loud.format(2)], [loud.format(14)], [loud.format(2)], [])
    assert notes == [f"a → a, a → b, b → a, each with figures of its own; a → a: {loud.format(2)}"]
    assert (
        len(gathered(["03-01 and 03-02"], ["03-01 and 03-07"], [], [])) == 2
    )  # ids are no figures
