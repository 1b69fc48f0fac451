"""Run what a paper ran, and set its figures beside ours."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cache import FeatureStore, StoreError
from featx.acoustic.settings import read_acoustic
from featx.corpora.build import build_manifest
from featx.corpora.files import CorpusError
from featx.errors import FeatxError, Interrupted
from featx.extract import extract
from featx.extraction_plan import LengthLimit, plan_extraction
from featx.extractors import EncoderOptions, find_extractor
from featx.fit_config import head_config
from featx.manifest import Manifest
from featx.papers import Cell, Paper, PaperCorpus, Row
from featx.protocol_fit import notes
from featx.protocols import read_protocol
from featx.registry import hub_id, is_here
from featx.run import run_fit
from featx.run_folder import run_folder
from featx.scores import Score
from featx.stores import store_folder


@dataclass(frozen=True)
class Reproduced:
    """A system on a corpus: the paper's figure and ours.

    Attributes:
        row: the system.
        corpus: the corpus's name.
        variant: which of the paper's settings.
        paper: mean and deviation, in percent.
        ours: our UAR; None if it could not be run.
        missing: what it lacks: "corpus" or the models whose weights are not here.
        failure: why it failed, if it did.
    """

    row: Row
    corpus: str
    variant: str
    paper: Cell
    ours: Score | None = None
    missing: tuple[str, ...] = ()
    failure: str = ""

    @property
    def difference(self) -> float:
        """Ours less the paper's, in points; not a number if it could not be run."""
        return float("nan") if self.ours is None else self.ours.mean - self.paper[0]

    @property
    def within(self) -> bool:
        """Whether the means are no further apart than both deviations together."""
        return self.ours is not None and abs(self.difference) <= self.paper[1] + self.ours.std


def reproduce(
    name: str,
    paper: Paper,
    roots: Sequence[Path],
    variants: Sequence[str] = (),
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
    manifests = _find_corpora(name, paper, roots, say)
    for corpus in paper.corpora:
        for row in paper.rows:
            for variant in variants or paper.variants:
                case = Reproduced(row, corpus, variant, row.paper[corpus])
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
        missing = _prepare(case.row, paper.corpora[case.corpus], manifest, say)
        if missing:
            return replace(case, missing=missing)
        return replace(case, ours=_run(name, paper, case, manifest, say))
    except Interrupted:
        raise
    except (FeatxError, StoreError) as error:  # the other rows can still be had
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
                built = build_manifest(corpus, root, out, entry.options)
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


def _prepare(
    row: Row, corpus: PaperCorpus, manifest: Manifest, say: Callable[[str], None]
) -> tuple[str, ...]:
    """Extract what a system needs; return what it lacks."""
    missing = tuple(model for model in row.models if not _has_features(model, manifest))
    if all(model in read_acoustic() or is_here(model) for model in missing):
        for model in missing:
            _extract(model, corpus, manifest, say)
        return ()
    return tuple(model for model in missing if model not in read_acoustic())


def _has_features(model: str, manifest: Manifest) -> bool:
    folder = store_folder(manifest.path, model)
    if not FeatureStore.exists(folder):
        return False
    store = FeatureStore(folder)
    return all(store.is_done(utterance.utterance) for utterance in manifest.utterances)


def _extract(
    model: str, corpus: PaperCorpus, manifest: Manifest, say: Callable[[str], None]
) -> None:
    say(f"Extracting {model} of {corpus.title}")
    extractor = find_extractor(model, EncoderOptions(), dry_run=False)
    limit = LengthLimit(corpus.max_seconds, trim=True)
    plan = plan_extraction(manifest, extractor.shape, extractor.dtype, extractor.layers, limit)
    extraction = extract(plan, extractor, store_folder(manifest.path, model), say)
    if extraction.failures:
        raise FeatxError(extraction.describe())


def _run(
    name: str, paper: Paper, case: Reproduced, manifest: Manifest, say: Callable[[str], None]
) -> Score:
    row, corpus = case.row, paper.corpora[case.corpus]
    say(f"{corpus.title}, {row.system} ({case.variant})")
    data = {
        "manifest": str(manifest.path),
        "features": [str(store_folder(manifest.path, model)) for model in row.models],
        "layers": row.layers,
        "seconds": corpus.seconds,
        "normalize": row.normalize,
        "protocol": read_protocol(corpus.protocol).model_dump(mode="json"),
        "seeds": paper.seeds,
        "skip_missing": False,
    }
    config = head_config(row.head, data, [*paper.changes, *paper.variants[case.variant]])
    words = re.sub(r"\W+", "-", row.system).strip("-").lower()
    folder = run_folder(f"{name}-{case.corpus}-{words}-{case.variant}")
    return run_fit(config, folder).scores["uar"]
