"""Run what a paper ran, and set its figures beside ours."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from featx.data.checks.finding import say_findings
from featx.data.listing.files import CorpusNotFoundError, ManifestDiffersError
from featx.data.listing.list_corpus import Built
from featx.data.manifest import Manifest
from featx.errors import FeatxError, Interrupted
from featx.experiments.config import Experiment
from featx.experiments.configs import Config, fit_settings, tuning_settings, vote_settings
from featx.experiments.corpora import bring_manifest, find_protocol
from featx.experiments.features import is_complete
from featx.experiments.make_plan import make_plan
from featx.experiments.paper_experiment import (
    listed_name,
    models_of,
    paper_experiment,
    system_name,
)
from featx.experiments.papers import AnyRow, Paper, PaperCorpus, TunedRow, read_paper
from featx.experiments.plan import Plan, PlannedRun, manifest_path
from featx.experiments.reproduce_text import to_json, to_text, write_tables
from featx.experiments.reproduced import Reproduced
from featx.experiments.steps import extract_store, make_run
from featx.features.acoustic.settings import read_acoustic
from featx.features.encoders.checkpoints import is_here
from featx.finetuning.results.course import read_course
from featx.finetuning.training.processes import count_processes
from featx.protocols.apply import apply_protocol
from featx.protocols.protocol import read_protocol
from featx.protocols.task import set_task
from featx.runs.read import read_run_scores
from featx.scoring.classes.results import Results
from featx.utils.arguments import as_list
from featx.utils.files import as_paths
from featx.utils.text import counted, listed, nearest

log = logging.getLogger("featx")


@dataclass(frozen=True)
class Reproduction:
    """What came of running a paper's systems.

    Attributes:
        paper: the paper.
        results: each system on each corpus under each variant.
        files: the tables that were written.
    """

    paper: Paper
    results: tuple[Reproduced, ...]
    files: tuple[Path, ...]

    def to_text(self) -> str:
        """Return the tables, and how to get what is missing."""
        return to_text(self.paper, self.results)

    def to_json(self) -> dict[str, Any]:
        """Return what the JSON file holds, and the files."""
        return {**to_json(self.paper, self.results), "files": list(map(str, self.files))}


@dataclass(frozen=True)
class PaperPlan:
    """The experiment on one of a paper's corpora.

    Attributes:
        plan: what it does.
        manifest: the corpus's utterances.
    """

    plan: Plan
    manifest: Manifest

    def run(self, case: Reproduced) -> PlannedRun:
        """Return the run of a row under a variant."""
        return self.plan.run(self.plan.cases[0], system_name(case.row, case.variant))


def reproduce(
    paper: str,
    data: str | Path | Sequence[str | Path],
    *,
    variant: str | Sequence[str] = (),
    row: str | Sequence[str] = (),
    out: str | Path = "reproduced",
) -> Reproduction:
    """Run what a paper ran, as far as features or weights are here, beside its figures.

    Manifests, features and runs go where the other functions put them, and what is there is not
    done again; nothing is downloaded.

    Args:
        paper: the paper's name, such as "pepino2021".
        data: the folder of a corpus, or several.
        variant: names of the paper's settings; all by default.
        row: names of systems, as in the names of their runs; all by default.
        out: the folder for the tables in Markdown, LaTeX and JSON.

    Returns:
        Every system with the paper's figure and ours, or with what it lacks.

    Raises:
        FeatxError: if there is no such paper, variant, row or folder, or if none of the folders
            holds a corpus of the paper.
        Interrupted: on Ctrl-C; the same call goes on from there.

    Example:
        >>> from featx.experiments.reproduce import reproduce
        >>> reproduction = reproduce("pepino2021", "RAVDESS")  # doctest: +SKIP
        >>> print(reproduction.to_text())  # doctest: +SKIP
    """
    published = read_paper(paper)
    cases = run_paper(paper, published, as_paths(data), as_list(variant), as_list(row))
    results = tuple(cases)
    files = write_tables(Path(out), paper, published, results)
    return Reproduction(published, results, tuple(files))


def run_paper(
    name: str,
    paper: Paper,
    roots: Sequence[Path],
    variants: Sequence[str] = (),
    rows: Sequence[str] = (),
) -> Iterator[Reproduced]:
    """Run every system whose features are here or can be made without a download.

    Args:
        name: the paper's name.
        paper: the paper.
        roots: folders with corpora.
        variants: names of the paper's settings; all if empty.
        rows: names of systems; all if empty.

    Yields:
        Each system on each corpus under each variant, as soon as it is known.

    Raises:
        FeatxError: as `reproduce` does.
        Interrupted: on Ctrl-C.
    """
    _check_known("variant", variants, list(paper.variants))
    _check_known("row", rows, [row.name for row in paper.systems])
    wanted = [corpus for corpus in paper.corpora if _rows(paper, corpus, rows)]
    if count_processes() > 1:
        raise FeatxError("torchrun only starts fine-tunings; start this without it.")
    plans = _find_corpora(name, paper, wanted, roots)
    for corpus in wanted:
        for row in _rows(paper, corpus, rows):
            for variant in variants or paper.variants:
                case = Reproduced(row, corpus, variant, paper.metric, row.paper.get(corpus))
                planned = plans.get(corpus)
                if planned is None:
                    yield replace(case, missing=("corpus",))
                elif isinstance(planned, str):
                    yield replace(case, failure=planned.splitlines()[0])
                else:
                    yield _reproduce(paper, case, planned)


def _rows(paper: Paper, corpus: str, rows: Sequence[str]) -> list[AnyRow]:
    return [row for row in paper.on(corpus) if not rows or row.name in rows]


def _check_known(argument: str, wanted: Sequence[str], known: Sequence[str]) -> None:
    """Raise a FeatxError if an argument names what is not known."""
    unknown = [name for name in wanted if name not in known]
    if unknown:
        hint = nearest(unknown[0], known)
        raise FeatxError(f"`{argument}={unknown[0]!r}`: no such {argument}; {hint}")


def _find_corpora(
    name: str, paper: Paper, wanted: Sequence[str], roots: Sequence[Path]
) -> dict[str, PaperPlan | str]:
    """Write the manifest of each corpus that one of the folders holds.

    Returns:
        What runs on each that was found, or why nothing can.

    Raises:
        FeatxError: if a folder is not there, a manifest is out of date, or there is no corpus that
            fits.
    """
    plans: dict[str, PaperPlan | str] = {}
    reasons: dict[str, str] = {}
    for root in roots:
        if not root.is_dir():
            raise FeatxError(f"`data={str(root)!r}`: no such folder.")
    for corpus in wanted:
        entry = paper.corpora[corpus]
        for root in roots:
            experiment = paper_experiment(name, paper, corpus, root)
            try:
                built = bring_manifest(experiment, listed_name(name, paper, corpus))
            except CorpusNotFoundError as error:
                reasons.setdefault(str(error), entry.title)
                continue
            except ManifestDiffersError as error:
                path = manifest_path(experiment, listed_name(name, paper, corpus))
                raise FeatxError(
                    f"{path} exists and says something else than the corpus in {root}. Move it "
                    "away, and start this again."
                ) from error
            plans[corpus] = _plan_corpus(entry, experiment, built)
            break
    failures = [plan for plan in plans.values() if isinstance(plan, str)]
    if failures and len(failures) == len(plans):
        raise FeatxError("\n  ".join(failures))
    if not plans:
        shown = "\n  ".join(f"{title}: {reason}" for reason, title in reasons.items())
        raise FeatxError(f"`data`: none of the paper's corpora is there.\n  {shown}")
    return plans


def _plan_corpus(entry: PaperCorpus, experiment: Experiment, built: Built) -> PaperPlan | str:
    """Return what runs on a corpus, or why nothing can."""
    try:
        _describe(entry, built)
    except FeatxError as error:  # systems on other corpora can still be had
        return error.message
    plan, _ = make_plan(experiment)
    return PaperPlan(plan, built.manifest)


def _describe(entry: PaperCorpus, built: Built) -> None:
    """Say what a corpus holds, and what its protocol leaves out."""
    found = built.manifest
    count = counted(len(found.utterances), "utterance")
    log.info("%s: %s, listed in %s", entry.title, count, found.path)
    task = set_task(apply_protocol(found, read_protocol(entry.protocol)))
    for note in [*built.notes, *task.notes]:
        log.info("Note: %s.", note)
    say_findings(built.findings)


def _reproduce(paper: Paper, case: Reproduced, planned: PaperPlan) -> Reproduced:
    """Return a case with our figures, or with what it lacks or why it failed."""
    title = paper.corpora[case.corpus].title
    try:
        missing = _prepare(paper, case, planned, title)
        if missing:
            return replace(case, missing=missing)
        log.info("%s, %s (%s)", title, case.row.system, case.variant)
        run = planned.run(case)
        results = make_run(planned.plan, run, _config(planned, run), manifest=planned.manifest)
        assert isinstance(results, Results), "published figures are of classes"
        course = read_course(run.folder) if isinstance(case.row, TunedRow) else None
        return replace(case, results=results, course=course)
    except Interrupted:
        raise
    except FeatxError as error:  # the other rows can still be had
        log.info("Failed: %s", error)
        return replace(case, failure=error.message.splitlines()[0])


def _config(planned: PaperPlan, run: PlannedRun) -> Config:
    plan = planned.plan
    if run in plan.votes:
        return vote_settings(plan, run, "classes")
    protocols = {run.case: find_protocol(planned.plan.experiment, run.case, planned.manifest)}
    settings = fit_settings if run in plan.heads else tuning_settings
    return settings(plan, run, protocols)


def _prepare(paper: Paper, case: Reproduced, planned: PaperPlan, title: str) -> tuple[str, ...]:
    """Extract the features that a case needs, if it needs any; return the models that it lacks.

    Raises:
        FeatxError: if utterances can't be extracted, or the members of a vote have no runs.
    """
    plan, run = planned.plan, planned.run(case)
    if run in plan.finetunings:
        return tuple(
            model for model in models_of(case.row, paper, case.variant) if not is_here(model)
        )
    if run in plan.votes:
        return _lacking_members(paper, case, planned)
    stores = [store for store in plan.stores_of(run) if not is_complete(store, planned.manifest)]
    encoders = [
        store.features.model for store in stores if store.features.model not in read_acoustic()
    ]
    absent = tuple(model for model in encoders if not is_here(model))
    for store in stores if not absent else ():
        log.info("Extracting %s of %s", store.features.model, title)
        extract_store(store, planned.manifest)
    return absent


def _lacking_members(paper: Paper, case: Reproduced, planned: PaperPlan) -> tuple[str, ...]:
    """Return the encoders of a vote that have no run and whose weights are not here.

    Raises:
        FeatxError: if all weights are here, but members have not been run.
    """
    members = planned.plan.members(planned.run(case))
    models = models_of(case.row, paper, case.variant)
    unmade = {
        model: run
        for model, run in zip(models, members, strict=True)
        if read_run_scores(run.folder) is None
    }
    absent = tuple(model for model in unmade if not is_here(model))
    if unmade and not absent:
        names = listed([run.name for run in unmade.values()], len(unmade))
        raise FeatxError(f"The members have no finished run: {names}. Reproduce their rows first.")
    return absent
