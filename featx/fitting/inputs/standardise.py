"""Whose mean and deviation features are standardised by.

Utterances of a speaker in a corpus that no fold separates form a cell. Moments of cells add up
exactly (Chan, Golub and LeVeque 1983), so those of each utterance serve every fold: a training
set's statistics are those of its cells, and no others enter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from classifiers.statistics import Moments, Statistics, add_up, statistics_of
from featx.data.joined import ORIGIN
from featx.data.manifest import Utterance
from featx.errors import FeatxError
from featx.fitting.choices import Normalize
from featx.protocols.fold import Fold

Cell = tuple[str, ...]  # the speaker, the corpus and, for each fold, the part
PLACES = {"speaker": 0, "corpus": 1}  # in a cell


@dataclass(frozen=True)
class Cells:
    """The moments of a store's utterances by cell.

    Attributes:
        moments: the moments of each cell.
        folds: the folds that the cells were made for.
    """

    moments: Mapping[Cell, Moments]
    folds: Sequence[Fold]

    def place(self, fold: Fold) -> int:
        """Return where in a cell the part of a fold stands."""
        return len(PLACES) + list(self.folds).index(fold)


def corpus_key(utterance: Utterance) -> str:
    """Return what tells corpora apart: the joined manifest and the column "corpus", if any."""
    return "/".join(filter(None, map(utterance.column, (ORIGIN, "corpus"))))


def sort_into_cells(folds: Sequence[Fold]) -> dict[Cell, list[Utterance]]:
    """Return the utterances of each cell, both in a fixed order."""
    parts = [{u.utterance: part for part, us in f.parts.items() for u in us} for f in folds]
    everyone = sorted(
        {u.utterance: u for f in folds for us in f.parts.values() for u in us}.values(),
        key=lambda u: u.utterance,
    )
    cells: dict[Cell, list[Utterance]] = {}
    for utterance in everyone:
        groups = utterance.speaker, corpus_key(utterance)
        cell = (*groups, *(part.get(utterance.utterance, "") for part in parts))
        cells.setdefault(cell, []).append(utterance)
    return dict(sorted(cells.items()))


def add_up_cells(folds: Sequence[Fold], moments: Mapping[str, Moments]) -> Cells:
    """Return the moments of cells.

    Args:
        folds: the folds that the cells are made for.
        moments: the moments of each utterance.
    """
    cells = {
        cell: add_up(moments[u.utterance] for u in members)
        for cell, members in sort_into_cells(folds).items()
    }
    return Cells(cells, folds)


def part_statistics(
    cells: Cells, fold: Fold, part: str, normalize: Normalize
) -> tuple[Statistics, Tensor | None]:
    """Return what a part of a fold is standardised by.

    Args:
        cells: moments of the store.
        fold: a fold that the cells were made for.
        part: "train", "validation" or "test".
        normalize: "global" for the fold's training utterances; "speaker" for each speaker's own
            utterances in this part, as Pepino et al. 2021 did, also in test; "corpus" for each
            corpus's in this part.

    Returns:
        The statistics of each group, and for each utterance of the part its group, (utterances,);
        None if all are in the same group.

    Raises:
        FeatxError: if a speaker or corpus has a single frame.
    """
    place = cells.place(fold)
    utterances = fold.parts[part]
    if normalize == "global":
        training = [m for cell, m in cells.moments.items() if cell[place] == "train"]
        return statistics_of([add_up(training)]), None
    by_speaker = normalize == "speaker"
    owners = [u.speaker if by_speaker else corpus_key(u) for u in utterances]
    names = sorted(set(owners))
    own = [
        add_up(
            m
            for cell, m in cells.moments.items()
            if (cell[PLACES[normalize]], cell[place]) == (name, part)
        )
        for name in names
    ]
    single = [name for name, moments in zip(names, own, strict=True) if moments.frames == 1]
    if single:
        raise FeatxError(
            f"`normalize={normalize!r}`: {normalize} {single[0]} has a single frame in {part}, "
            "which has no deviation. Take `normalize='global'`."
        )
    return statistics_of(own), torch.tensor([names.index(name) for name in owners])
