"""Features laid out in a plane, neighbours beside neighbours."""

import warnings

import numpy as np
from threadpoolctl import threadpool_limits

from featx.errors import FeatxError
from featx.layer_analysis.maps.choices import MapMethod, Metric

_USUAL: dict[MapMethod, int] = {"tsne": 30, "umap": 15}


def check_neighbours(method: MapMethod, neighbours: int | None, utterances: int) -> int:
    """Return how many neighbours each utterance is laid out by.

    Args:
        method: how it is laid out.
        neighbours: the perplexity of t-SNE or the neighbours of UMAP; None for 30 or 15.
        utterances: how many there are.

    Raises:
        FeatxError: if there are too few utterances for them, or UMAP is not installed.
    """
    if method == "umap":
        _load_umap()
    wanted = neighbours or _USUAL[method]
    needed = 3 * wanted + 1 if method == "tsne" else wanted + 1
    if utterances < needed:
        what = f"a perplexity of {wanted}" if method == "tsne" else f"{wanted} neighbours"
        most = (utterances - 1) // 3 if method == "tsne" else utterances - 1
        cure = f"Give `neighbours={most}` or fewer" if most > 1 else "Give more utterances"
        raise FeatxError(
            f"`neighbours={wanted}`: {utterances} utterances are too few for {what}, which needs "
            f"at least {needed}. {cure}."
        )
    return wanted


def lay_out(
    features: np.ndarray, method: MapMethod, metric: Metric, neighbours: int, seed: int
) -> np.ndarray:
    """Lay utterances out in a plane.

    It is computed on a single core: on several, sums are added up in any order, and small
    differences grow.

    Args:
        features: (utterances, dim).
        method: t-SNE (van der Maaten and Hinton 2008), which begins with the first two principal
            components, or UMAP (McInnes, Healy and Melville 2018).
        metric: how far utterances are from each other.
        neighbours: as from `check_neighbours`.
        seed: of what is drawn at random.

    Returns:
        (utterances, 2) float64.
    """
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of packages within, about what is as it should be
        if method == "umap":
            umap = _load_umap()(n_neighbors=neighbours, metric=metric, random_state=seed, n_jobs=1)
            return np.asarray(umap.fit_transform(features), float)
        from sklearn.manifold import TSNE

        tsne = TSNE(perplexity=neighbours, metric=metric, random_state=seed)
        return np.asarray(tsne.fit_transform(features), float)


def _load_umap() -> type:
    try:
        from umap import UMAP
    except ImportError:
        raise FeatxError(
            "`method='umap'` needs umap-learn: pip install 'featx[map]', or take `method='tsne'`."
        ) from None
    return UMAP  # type: ignore[no-any-return]
