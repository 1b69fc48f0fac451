"""`featx.map_features`: what the layers of a store look like, and sound like."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

from pydantic import NonNegativeInt, PositiveInt

from classifiers.choices import MomentPooling
from featx.errors import FeatxError, Interrupted
from featx.features.stores.folders import find_store
from featx.fitting.datasets.labelled import open_labelled
from featx.fitting.given_data import refuse_with_features
from featx.layer_analysis.maps.choices import MapMethod, Metric
from featx.layer_analysis.maps.columns import choose_columns
from featx.layer_analysis.maps.feature_map import MAP, FeatureMap
from featx.layer_analysis.maps.mapping import draw_map
from featx.layer_analysis.maps.projection import check_neighbours
from featx.layer_analysis.maps.sample import draw_shares
from featx.layer_analysis.maps.separability_figure import draw_separability
from featx.reporting.frame import render_page
from featx.reporting.sections.maps import ShownMap, show_map
from featx.stores.labels import load_labels
from featx.utils.arguments import as_list, checked
from featx.utils.files import write_text
from featx.utils.remote.path import to_path

ROOT = Path("maps")
PAGE = "map.html"


@dataclass(frozen=True)
class MappedFeatures:
    """A map of features and its files.

    Attributes:
        content: where utterances are by each layer, and how far groups of them lie apart.
        page: the page.
        files: the other files: coordinates and silhouettes as CSVs, and a picture of these.
    """

    content: FeatureMap
    page: Path
    files: tuple[Path, ...]

    def to_text(self) -> str:
        """Return the silhouettes by layer and column."""
        return self.content.to_text()

    def to_json(self) -> dict[str, Any]:
        """Return settings, silhouettes and files as JSON values."""
        return {**self.content.to_json(), "files": [str(self.page), *map(str, self.files)]}

    def _repr_html_(self) -> str:
        """Return the silhouettes for a notebook."""
        return f"<pre>{escape(self.to_text())}</pre><p>{escape(str(self.page))}</p>"


@checked
def map_features(
    model: str | None = None,
    manifest: str | Path = "manifest.csv",
    *,
    features: str | Path | None = None,
    store: str | None = None,
    layers: str | int | Sequence[int] = "all",
    columns: str | Sequence[str] = (),
    method: MapMethod = "tsne",
    neighbours: PositiveInt | None = None,
    metric: Metric = "cosine",
    pooling: MomentPooling = "mean",
    sample: PositiveInt = 2_000,
    seed: NonNegativeInt = 0,
    out: str | Path | None = None,
) -> MappedFeatures:
    """Map utterances by the features of each layer, and measure how far groups of them lie apart.

    The page shows each layer's map, and that of the average of all, coloured by label, speaker or
    another column, with the sound of every point. Silhouettes say by how much utterances of the
    same label lie nearer to each other than to those of the next label, and as much of speakers
    and other columns. A map bends distances; silhouettes are of the features themselves.

    Args:
        model: the model whose features to map. It may be left out where the manifest has a single
            store.
        manifest: the CSV with the labels.
        features: the folder of the store, if it is not under `features`.
        store: use the features in features/STORE/MODEL, which several manifests share.
        layers: which layers: "all", or numbers and ranges such as "0,4-12".
        columns: more columns of the manifest to group utterances by, besides label, speaker,
            corpus and sex, which are taken where they have several values.
        method: "tsne", or "umap" (`pip install 'featx[map]'`).
        neighbours: the perplexity of t-SNE, by default 30, or the neighbours of UMAP, by default
            15: how many utterances around each are held together.
        metric: how far utterances are from each other, in maps and silhouettes: "cosine" or
            "euclidean".
        pooling: what the frames of an utterance are pooled to: "mean", or "mean+deviation".
        sample: of more utterances, so many are drawn, of each label and speaker their share.
            Memory and time grow with its square.
        seed: of what is drawn at random. The same seed gives the same map.
        out: the folder that is written; by default `maps/MANIFEST-MODEL`. A map that is in it is
            replaced.

    Returns:
        The map and its silhouettes; `map.html` in the folder is the page.

    Raises:
        FeatxError: if an argument, the manifest or the store can't be used, there are too few
            utterances, or the folder holds other files.
        Interrupted: on Ctrl-C; nothing is written but means of features, which are kept beside
            the store.

    Example:
        >>> mapped = featx.map_features("encoder", neighbours=5)
        >>> mapped.page.as_posix()
        'maps/manifest-encoder/map.html'
        >>> mapped.content.layers
        ['0', '1', '2', 'average']
        >>> mapped.content.silhouettes["label"][1].mean > 0
        True
    """
    given = dict(locals())
    refuse_with_features(map_features, given)
    path = to_path(manifest)
    place = to_path(features) if features is not None else find_store(path, model, store)
    folder = Path(out) if out is not None else ROOT / f"{path.stem}-{place.name}"
    _check_folder(folder)
    corpus = load_labels(path, lambda _: [place])
    drawn = replace(corpus, utterances=draw_shares(corpus.utterances, sample, seed))
    near = check_neighbours(method, neighbours, len(drawn.utterances))
    grouped = choose_columns(drawn, as_list(columns))
    try:
        labelled = open_labelled(place, drawn, layers, apart=True)
        content = draw_map(
            labelled, grouped, len(corpus.utterances), path, method=method, neighbours=near,
            metric=metric, pooling=pooling, seed=seed,
        )  # fmt: skip
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted; {folder} is as it was. The means of features that were measured are "
            "kept, so the next map begins sooner."
        ) from None
    return _write(content, folder)


def _check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything but a map."""
    if folder.is_dir() and not (folder / MAP).is_file() and any(folder.iterdir()):
        raise FeatxError(
            f"{folder}: holds files, but no map of features, so nothing is written into it. Give "
            "another folder with `out`."
        )
    if folder.exists() and not folder.is_dir():
        raise FeatxError(f"{folder}: is a file. Give a folder with `out`.")


def _write(content: FeatureMap, folder: Path) -> MappedFeatures:
    tables = content.write(folder)
    picture = folder / "separability"
    draw_separability(content, picture)
    page = folder / PAGE
    write_text(page, render_map(show_map(folder, page)))
    return MappedFeatures(content, page, (*tables, picture.with_suffix(".png")))


def render_map(shown: ShownMap) -> str:
    """Return the page of a map as HTML, with everything but sounds in it."""
    return render_page("map.html", shown=shown)
