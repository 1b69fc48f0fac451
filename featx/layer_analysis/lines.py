"""How runs are told apart in a figure: label, colour, marker, and dashes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from featx.errors import FeatxError
from featx.layer_analysis.weights import LayerWeights, name_corpora

# Okabe and Ito without their yellow, too light for a line: told apart by colour-blind readers
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "os^DvPX"  # what is left in grey


@dataclass(frozen=True)
class Line:
    """How one run's layers are drawn.

    Attributes:
        label: in the legend and over a column.
        colour: of the corpus if there are several, else of the line alone.
        marker: of the line alone.
        dashed: whether the encoder was fine-tuned for ASR, or was named for it.
    """

    label: str
    colour: str
    marker: str
    dashed: bool


def style_lines(
    weights: Sequence[LayerWeights], dashed: Sequence[str] = (), taken: int = 0
) -> list[Line]:
    """Return how each is drawn, in the manner of Pepino et al. 2021, figure 2.

    Args:
        weights: of all runs.
        dashed: encoders, stores or run names that are dashed too.
        taken: how many colours and markers are used for something else.

    Raises:
        FeatxError: if a name in `dashed` is none of these.
    """
    names = [{one.name, one.encoder, one.features, one.run.name} for one in weights]
    known = sorted(set().union(*names))
    for name in dashed:
        if name not in known:
            raise FeatxError(f"--dashed {name}: not among the runs. There is {', '.join(known)}.")
    corpora = name_corpora(weights)
    several, places = len(corpora) > 1, list(corpora)
    labels = _labels(weights, corpora)
    return [
        Line(
            labels[number],
            COLOURS[(taken + (places.index(one.manifest) if several else number)) % len(COLOURS)],
            MARKERS[(taken + number) % len(MARKERS)],
            one.tuned_for_asr or bool(names[number] & set(dashed)),
        )
        for number, one in enumerate(weights)
    ]


def _labels(weights: Sequence[LayerWeights], corpora: Mapping[Path, str]) -> list[str]:
    """Return the encoder of each, with as much more as tells them apart."""
    several = len(corpora) > 1
    labels = [f"{w.name}, {corpora[w.manifest]}" if several else w.name for w in weights]
    for more in ("name", "path"):
        counts = Counter(labels)
        labels = [
            f"{one.name}, {one.run.name if more == 'name' else one.run}"
            if counts[label] > 1
            else label
            for label, one in zip(labels, weights, strict=True)
        ]
    return labels
