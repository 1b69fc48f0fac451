"""From a finished run to a model that predicts."""

from pathlib import Path
from typing import cast

from cache import FeatureStore
from featx.errors import FeatxError, StoreError
from featx.features.choices import Dtype
from featx.fitting.config import FitConfig
from featx.fitting.model import read_heads
from featx.inference.fitted import FittedModel
from featx.inference.model import Model
from featx.inference.onnx import ENDING, load_onnx
from featx.runs.files import CONFIG, DESCRIPTION, SAVED_HEAD
from featx.runs.read import locate, read_config, read_scores
from featx.utils.arguments import checked
from featx.utils.config import read_config as read_as
from featx.utils.files import AnyPath


@checked
def load(run: AnyPath) -> Model:
    """Load what a run trained, to predict with it.

    Args:
        run: a finished fit or fine-tuning, or its folder; or the folder of one saved fine-tuned
            model, such as one from the Hub; or an ONNX file that `featx.export` wrote.

    Returns:
        All heads of a fit, one for each seed and fold, or the saved models of a fine-tuning: one
        model with `classes` and `predict`, which averages their probabilities.

    Raises:
        FeatxError: if the folder holds no finished run, the run is a vote, its models were not
            kept, or a file is damaged.

    Example:
        >>> import featx
        >>> model = featx.load("runs/manifest-encoder-dense")
        >>> sorted(model.classes)
        ['angry', 'happy', 'sad']
        >>> predictions = model.predict("audio")
    """
    folder = Path(run)
    if folder.suffix == ENDING:
        return load_onnx(folder)
    if (folder / SAVED_HEAD).is_file():
        from featx.inference import finetuned  # which takes a second that heads do not need

        return finetuned.load_single(folder)
    if read_scores(folder) is None:
        raise FeatxError(
            f"{folder}: no finished run here, and no saved model. Fit a head or fine-tune an "
            "encoder first."
        )
    if (folder / DESCRIPTION).is_file():
        return _load_fit(folder)
    config = read_config(folder)
    if "mode" in config:
        from featx.inference import finetuned

        return finetuned.load_run(folder)
    if "systems" in config:
        raise FeatxError(f"{folder}: a vote can't be loaded yet; load the runs that vote.")
    raise FeatxError(f"{folder}: holds predictions and no model.")


def _load_fit(folder: Path) -> FittedModel:
    config = read_as(folder / CONFIG, FitConfig)
    heads = read_heads(folder, config.seconds)
    dtypes = tuple(_dtype(folder, store) for store in config.features)
    return FittedModel(folder, heads.classes, heads, dtypes)


def _dtype(folder: Path, store: Path) -> Dtype | None:
    """Return what a store of the run keeps features in; None if it is not here any more."""
    found = locate(folder, str(store))
    try:
        return cast(Dtype, FeatureStore(found).layout.dtype) if found else None
    except StoreError:
        return None
