"""Run what a paper ran, and set its figures beside ours."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cache import FeatureStore
from featx.data.corpora.build import build_manifest
from featx.data.corpora.files import CorpusError
from featx.data.manifest import Manifest
from featx.errors import FeatxError, Interrupted
from featx.experiments.papers import Cell, HeadRow, Paper, PaperCorpus, TunedRow
from featx.features.acoustic.settings import read_acoustic
from featx.features.encoders.checkpoints import hub_id, is_here
from featx.features.extract import extract
from featx.features.extractors import EncoderOptions, find_extractor
from featx.features.plan import LengthLimit, plan_extraction
from featx.features.stores import store_folder
from featx.finetuning.config import finetune_config
from featx.finetuning.processes import count_processes
from featx.finetuning.resources import find_surroundings
from featx.finetuning.run import run_finetune
from featx.fitting.config import head_config
from featx.fitting.run import run_fit
from featx.protocols.apply import notes
from featx.protocols.protocol import read_protocol
from featx.runs.folder import run_folder
from featx.scoring.metrics import Score
from featx.scoring.results import Results


@dataclass(frozen=True)
class Reproduced:
    """A system on a corpus: the paper's figure and ours.

    Attributes:
        row: the system.
        corpus: the corpus's name.
        variant: which of the paper's settings.
        paper: mean and, if told, deviation in percent; None if the figure is not known here.
        ours: our score; None if it could not be run.
        missing: what it lacks: "corpus" or the models whose weights are not here.
        failure: why it failed, if it did.
    """

    row: HeadRow | TunedRow
    corpus: str
    variant: str
    paper: Cell | None
    ours: Score | None = None
    missing: tuple[str, ...] = ()
    failure: str = ""

    @property
    def difference(self) -> float:
        """Ours less the paper's, in points; not a number if one of them is not known."""
        if self.ours is None or self.paper is None:
            return float("nan")
        return self.ours.mean - self.paper[0]

    @property
    def within(self) -> bool | None:
        """Whether the means are no further apart than both deviations; None if one is not known."""
        if self.ours is None or self.paper is None or len(self.paper) == 1:
            return None
        if math.isnan(self.ours.std):
            return None
        return abs(self.difference) <= self.paper[1] + self.ours.std


def reproduce(
    name: str,
    paper: Paper,
    roots: Sequence[Path],
    variants: Sequence[str] = (),
    only: Sequence[str] = (),
    say: Callable[[str], None] = print,
) -> Iterator[Reproduced]:
    """Run every system whose features are here or can be had without a download.

    Manifests, stores and runs go where the other commands put them, under the names
    NAME-CORPUS: what is there already is not done again.

    Args:
        name: the paper's.
        paper: what it ran.
        roots: folders with corpora.
        variants: of the paper's settings; all by default.
        only: names of rows; all by default.
        say: told what is being done.

    Yields:
        Each system on each corpus, as soon as it is known.

    Raises:
        FeatxError: if a folder is not there, or none holds a corpus of the paper.
        Interrupted: on Ctrl-C.
    """
    unknown = [variant for variant in variants if variant not in paper.variants]
    if unknown:
        raise FeatxError(f"--variant {unknown[0]}: there is {', '.join(paper.variants)}.")
    if count_processes() > 1:
        raise FeatxError("torchrun is for `featx finetune`; `featx reproduce` runs in one process.")
    names = [row.name for row in paper.rows]
    absent = [row for row in only if row not in names]
    if absent:
        raise FeatxError(f"--row {absent[0]}: there is {', '.join(names)}.")
    manifests = _find_corpora(name, paper, roots, say)
    for corpus in paper.corpora:
        for row in (row for row in paper.rows if not only or row.name in only):
            for variant in variants or paper.variants:
                case = Reproduced(row, corpus, variant, row.paper.get(corpus))
                yield _reproduce(name, paper, case, manifests.get(corpus), say)


def _reproduce(
    name: str,
    paper: Paper,
    case: Reproduced,
    manifest: Manifest | None,
    say: Callable[[str], None],
) -> Reproduced:
    """Return a case with our figure, or with what it lacks or why it failed."""
    if manifest is None:
        return replace(case, missing=("corpus",))
    try:
        corpus = paper.corpora[case.corpus]
        missing = prepare(case.row, corpus, manifest, say)
        if missing:
            return replace(case, missing=missing)
        say(f"{corpus.title}, {case.row.system} ({case.variant})")
        changes = [*paper.changes, *paper.variants[case.variant]]
        run = f"{name}-{case.corpus}-{case.row.name}-{case.variant}"
        results = run_row(case.row, corpus, manifest, paper.seeds, changes, run)
        return replace(case, ours=results.scores[paper.metric])
    except Interrupted:
        raise
    except FeatxError as error:  # the other rows can still be had
        say(f"Failed: {error}")
        return replace(case, failure=str(error).splitlines()[0])


def fetch_commands(results: Sequence[Reproduced]) -> list[str]:
    """Return the commands that bring what is missing, where there is a network."""
    models = {model for result in results for model in result.missing if model != "corpus"}
    return [f"hf download {hub_id(model)}" for model in sorted(models)]


def _find_corpora(
    name: str, paper: Paper, roots: Sequence[Path], say: Callable[[str], None]
) -> dict[str, Manifest]:
    """Write the manifest of each corpus that one of the folders holds."""
    manifests, reasons = {}, []
    for root in roots:
        if not root.is_dir():
            raise FeatxError(f"--data {root}: no such folder.")
    for corpus, entry in paper.corpora.items():
        for root in roots:
            out = Path(f"{name}-{corpus}.csv")
            try:
                built = build_manifest(entry.corpus or corpus, root, out, entry.options)
            except CorpusError as error:
                reasons.append(f"{entry.title}: {error}")
                continue
            manifests[corpus] = built.manifest
            say(f"{entry.title}: {len(built.manifest.utterances):,} utterances, listed in {out}")
            for note in [*built.notes, *notes(built.manifest, read_protocol(entry.protocol))]:
                say(f"Note: {note}.")
            break
    if not manifests:
        raise FeatxError("--data: none of the paper's corpora is there.\n  " + "\n  ".join(reasons))
    return manifests


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
