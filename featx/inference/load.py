"""From a finished run to a model that predicts."""

from pathlib import Path
from typing import Any, cast, get_args

from cache import FeatureStore
from featx.errors import Call, FeatxError, StoreError
from featx.features.choices import Dtype
from featx.fitting.config import FitConfig
from featx.fitting.heads.saved import read_heads
from featx.fitting.heads.unused_layers import without_unused_layers
from featx.inference.fitted import FittedModel
from featx.inference.model import Model
from featx.inference.onnx import ENDING, load_onnx
from featx.runs.files import CONFIG, DESCRIPTION, FOUND, SAVED_HEAD
from featx.runs.read import locate, read_config, read_environment, read_run_scores
from featx.runs.safe_files import check_folder
from featx.utils.arguments import checked
from featx.utils.config import read_config as read_as
from featx.utils.files import AnyPath


@checked
def load(run: AnyPath) -> Model:
    """Load what a run trained, to predict with it.

    Args:
        run: a finished fit, fine-tuning or vote, or its folder; the folder of one saved fine-tuned
            model, such as one from the Hub; or an ONNX file that `featx.export` wrote.

    Returns:
        All heads of a fit, one for each seed and fold, or the saved models of a fine-tuning: one
        model with `classes` and `predict`, which averages their probabilities, or the numbers that
        they predict of its `dimensions`. Of a vote, the models of its members, which vote by its
        rule.

    Raises:
        FeatxError: if the folder holds no finished run, its models were not kept, a member of a
            vote is not here, or a file is damaged.

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
    if folder.is_dir():
        check_folder(folder)
    if (folder / SAVED_HEAD).is_file():
        from featx.inference import finetuned  # which takes a second that heads do not need

        return finetuned.load_single(folder)
    if read_run_scores(folder) is None:
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
        from featx.inference.load_vote import load_vote

        return load_vote(folder, load)
    if (folder / FOUND).is_file():
        raise FeatxError(
            f"{folder}: a search, which keeps no model, as its folds have heads of other settings.",
            Call("Train one with what it found", "fit", {"config": folder / FOUND, "final": True}),
        )
    raise FeatxError(f"{folder}: holds predictions and no model.")


def _load_fit(folder: Path) -> FittedModel:
    config = read_as(folder / CONFIG, FitConfig)
    heads = without_unused_layers(read_heads(folder, config.seconds))
    noted = _noted_dtypes(folder)
    dtypes = tuple(
        _dtype(folder, store, noted[place] if place < len(noted) else None)
        for place, store in enumerate(config.features)
    )
    return FittedModel(folder, heads.classes, heads, dtypes)


def _noted_dtypes(folder: Path) -> list[Any]:
    """Return what `environment.json` says that each store kept features in."""
    stores = read_environment(folder).get("features")
    entries = stores if isinstance(stores, list) else []
    return [entry.get("dtype") if isinstance(entry, dict) else None for entry in entries]


def _dtype(folder: Path, store: Path, noted: object) -> Dtype | None:
    """Return what features were kept in: as noted, or, of older runs, by the store that is here.

    It is None if neither tells. A store of that name may be another one in a foreign run.
    """
    if noted in get_args(Dtype):
        return cast(Dtype, noted)
    found = locate(folder, str(store))
    try:
        dtype = FeatureStore(found).layout.dtype if found else None
    except StoreError:
        return None
    return cast(Dtype, dtype) if dtype in get_args(Dtype) else None
