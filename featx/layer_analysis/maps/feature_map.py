"""Maps of features: utterances in a plane, layer by layer, and how far groups of them lie apart."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from featx.errors import FeatxError
from featx.layer_analysis.maps.choices import MapMethod, Metric
from featx.layer_analysis.maps.silhouettes import Silhouette
from featx.scoring.text import plain_table, render
from featx.utils.config import Schema, first_problem
from featx.utils.files import write_csv, write_text
from featx.utils.text import counted

AVERAGE = "average"  # the name of all layers together
MAP, COORDINATES, SEPARABILITY = "map.json", "map.csv", "separability.csv"
METHODS: Mapping[MapMethod, str] = {"tsne": "t-SNE, perplexity", "umap": "UMAP, neighbours"}
Finite = Annotated[float, Field(allow_inf_nan=False)]
Point = tuple[Finite, Finite]


class FeatureMap(Schema):
    """What is known of a map; its `map.json`.

    Attributes:
        manifest: the manifest, as it was given.
        features: the folder of the store, as it was given.
        encoder: what computed the features.
        method: how utterances were laid out.
        neighbours: the perplexity of t-SNE, or the neighbours of UMAP.
        metric: how far utterances are from each other, in maps and silhouettes.
        pooling: what the frames of an utterance were pooled to.
        seed: of what was drawn at random.
        listed: how many utterances the manifest has, of which those of the map were drawn.
        utterances: the ids of the utterances of the map.
        columns: for each column the cell of each utterance; empty if it is unknown.
        places: for each layer, and their average, where each utterance is.
        silhouettes: for each column those of the same layers.
    """

    manifest: str
    features: str
    encoder: str
    method: MapMethod
    neighbours: int
    metric: Metric
    pooling: str
    seed: int
    listed: int
    utterances: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    places: dict[str, tuple[Point, ...]]
    silhouettes: dict[str, tuple[Silhouette, ...]]

    @model_validator(mode="after")
    def _fits(self) -> "FeatureMap":
        lengths = {len(cells) for cells in (*self.columns.values(), *self.places.values())}
        if lengths != {len(self.utterances)}:
            raise ValueError(f"not all columns and layers have {len(self.utterances)} utterances")
        if self.silhouettes.keys() != self.columns.keys():
            raise ValueError("there are not silhouettes of every column")
        if {len(scores) for scores in self.silhouettes.values()} != {len(self.places)}:
            raise ValueError(f"not all columns have {len(self.places)} silhouettes")
        return self

    @property
    def layers(self) -> list[str]:
        """The names of the layers; their average is the last if there are several."""
        return list(self.places)

    @property
    def notes(self) -> list[str]:
        """How the map was made and is to be read, in sentences."""
        some = f"{len(self.utterances):,} of {counted(self.listed, 'utterance')}"
        drawn = [f"Drawn by label and speaker: {some}."] if self.is_sample else []
        averaged = [f"The {AVERAGE} is over all layers, each standardised."]
        intervals = "Intervals are 95 % over speakers, each left out in turn."
        scores = [score for own in self.silhouettes.values() for score in own]
        return [
            *drawn,
            f"Features are pooled to {self.pooling.replace('+', ' and ')} over time and "
            f"standardised over these utterances; distances are {self.metric}.",
            *(averaged if AVERAGE in self.places else []),
            "Silhouettes: 1 where groups are tight and far apart, 0 where they overlap, below 0 "
            "where utterances are nearer to another group.",
            *([intervals] if any(score.low is not None for score in scores) else []),
        ]

    @property
    def is_sample(self) -> bool:
        """Whether only some of the manifest's utterances were taken."""
        return len(self.utterances) < self.listed

    def to_text(self) -> str:
        """Return the silhouettes by layer and column."""
        table = plain_table("layer", *self.silhouettes)
        for place, layer in enumerate(self.layers):
            name = "0 (local encoder)" if layer == "0" else layer
            table.add_row(name, *(str(scores[place]) for scores in self.silhouettes.values()))
        title = f"Silhouettes of {self.features}, {self.manifest}:"
        return "\n".join([title, render(table, width=30 * (1 + len(self.columns))), *self.notes])

    def to_json(self) -> dict[str, Any]:
        """Return all but utterances and places as JSON values."""
        shown = self.model_dump(mode="json", exclude={"utterances", "columns", "places"})
        return {**shown, "utterances": len(self.utterances), "layers": self.layers}

    def write(self, folder: Path) -> list[Path]:
        """Write the map: everything as `map.json`, places and silhouettes as CSVs.

        Returns:
            The CSVs.
        """
        header = ("layer", "utterance", "x", "y", *self.columns)
        write_csv(folder / COORDINATES, header, list(self._rows()))
        scores = [
            (layer, column, score.mean, *_cells(score.low, score.high))
            for column, own in self.silhouettes.items()
            for layer, score in zip(self.layers, own, strict=True)
        ]
        write_csv(folder / SEPARABILITY, ("layer", "column", "silhouette", "low", "high"), scores)
        write_text(folder / MAP, self.model_dump_json() + "\n")
        return [folder / COORDINATES, folder / SEPARABILITY]

    def _rows(self) -> Sequence[Sequence[object]]:
        cells = list(zip(*self.columns.values(), strict=True))
        return [
            (layer, name, *place, *own)
            for layer, places in self.places.items()
            for name, place, own in zip(self.utterances, places, cells, strict=True)
        ]


def _cells(*values: float | None) -> list[float | str]:
    return ["" if value is None else value for value in values]


def read_map(folder: Path) -> FeatureMap:
    """Read the map in a folder.

    Raises:
        FeatxError: if there is none, or it is damaged.
    """
    path = folder / MAP
    try:
        return FeatureMap.model_validate_json(path.read_bytes(), strict=True)
    except (FileNotFoundError, NotADirectoryError):
        raise FeatxError(
            f"{folder}: no map of features; it has no {MAP}. Give a folder that `featx map` wrote."
        ) from None
    except OSError as error:
        raise FeatxError(f"{path}: can't be read ({error.strerror}).") from None
    except ValidationError as error:
        raise FeatxError(
            f"{path}: damaged, or of another version of featx ({first_problem(error)}). Make the "
            "map again with `featx map`."
        ) from None
