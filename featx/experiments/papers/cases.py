"""A system of a paper on a corpus under a variant: run, or known to lack something."""

import logging
from dataclasses import replace

from featx.errors import FeatxError, Interrupted
from featx.experiments.checking.corpora import find_protocol
from featx.experiments.papers.corpora import PaperPlan
from featx.experiments.papers.experiment import models_of
from featx.experiments.papers.paper import Paper, TunedRow
from featx.experiments.papers.reproduced import Reproduced
from featx.experiments.planning.features import is_complete
from featx.experiments.planning.plan import PlannedRun
from featx.experiments.planning.run_configs import (
    Config,
    fit_settings,
    tuning_settings,
    vote_settings,
)
from featx.experiments.running.steps import extract_store, make_run
from featx.features.acoustic.settings import read_acoustic
from featx.features.encoders.checkpoints.find import is_here
from featx.finetuning.results.course import read_course
from featx.runs.read import read_run_scores
from featx.scoring.classes.results import Results
from featx.utils.text import listed

log = logging.getLogger("featx")


def reproduce_case(paper: Paper, case: Reproduced, planned: PaperPlan) -> Reproduced:
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
