"""Run a row of a paper: heads on features that are extracted first, or fine-tuned encoders."""

from collections.abc import Callable

from cache import FeatureStore
from featx.acoustic.settings import read_acoustic
from featx.errors import FeatxError
from featx.extract import extract
from featx.extraction_plan import LengthLimit, plan_extraction
from featx.extractors import EncoderOptions, find_extractor
from featx.finetuning.config import finetune_config
from featx.finetuning.run import run_finetune
from featx.finetuning.surroundings import find_surroundings
from featx.fit_config import head_config
from featx.manifest import Manifest
from featx.papers import HeadRow, PaperCorpus, TunedRow
from featx.protocols import read_protocol
from featx.registry import is_here
from featx.results import Results
from featx.run import run_fit
from featx.run_folder import run_folder
from featx.stores import store_folder

Say = Callable[[str], None]


def prepare(
    row: HeadRow | TunedRow, corpus: PaperCorpus, manifest: Manifest, say: Say
) -> tuple[str, ...]:
    """Extract what a row needs, if it needs features; return the models it lacks.

    Raises:
        FeatxError: if utterances can't be extracted.
    """
    if isinstance(row, TunedRow):
        return () if is_here(row.model) else row.models
    missing = tuple(model for model in row.models if not _has_features(model, manifest))
    if all(model in read_acoustic() or is_here(model) for model in missing):
        for model in missing:
            _extract(model, corpus, manifest, say)
        return ()
    return tuple(model for model in missing if model not in read_acoustic())


def run_row(
    row: HeadRow | TunedRow,
    corpus: PaperCorpus,
    manifest: Manifest,
    seeds: int,
    changes: list[str],
    name: str,
) -> Results:
    """Run a row whose features or weights are here.

    Args:
        row: what to run.
        corpus: on what.
        manifest: its utterances.
        seeds: how often.
        changes: of the shipped settings.
        name: of the run.

    Raises:
        FeatxError: if it can't be run.
        StoreError: if a store can't be opened.
    """
    shared = {
        "manifest": str(manifest.path),
        "seconds": corpus.seconds,
        "protocol": read_protocol(corpus.protocol).model_dump(mode="json"),
        "seeds": seeds,
    }
    if isinstance(row, TunedRow):
        own = {"model": row.model, "mode": row.mode, "save": "none"}
        tuning = finetune_config({**shared, **own}, changes)
        found = find_surroundings(tuning, "auto")
        results = run_finetune(tuning, run_folder(name), surroundings=found)
        assert results is not None, "the first process"
        return results
    data = {
        **shared,
        "features": [str(store_folder(manifest.path, model)) for model in row.models],
        "layers": row.layers,
        "normalize": row.normalize,
        "skip_missing": False,
    }
    return run_fit(head_config(row.head, data, changes), run_folder(name))


def _has_features(model: str, manifest: Manifest) -> bool:
    folder = store_folder(manifest.path, model)
    if not FeatureStore.exists(folder):
        return False
    store = FeatureStore(folder)
    return all(store.is_done(utterance.utterance) for utterance in manifest.utterances)


def _extract(model: str, corpus: PaperCorpus, manifest: Manifest, say: Say) -> None:
    say(f"Extracting {model} of {corpus.title}")
    extractor = find_extractor(model, EncoderOptions(), dry_run=False)
    limit = LengthLimit(corpus.max_seconds, trim=True)
    plan = plan_extraction(manifest, extractor.shape, extractor.dtype, extractor.layers, limit)
    extraction = extract(plan, extractor, store_folder(manifest.path, model), say)
    if extraction.failures:
        raise FeatxError(extraction.describe())
