"""The corpora of a paper: which are here, and what runs on each."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from featx.data.checks.finding import say_findings
from featx.data.listing.files import CorpusNotFoundError, ManifestDiffersError
from featx.data.listing.list_corpus import Built
from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.experiments.checking.corpora import bring_manifest
from featx.experiments.papers.experiment import listed_name, paper_experiment, system_name
from featx.experiments.papers.paper import Paper, PaperCorpus
from featx.experiments.papers.reproduced import Reproduced
from featx.experiments.planning.make_plan import make_plan
from featx.experiments.planning.plan import Plan, PlannedRun, manifest_path
from featx.protocols.apply import apply_protocol
from featx.protocols.protocol import read_protocol
from featx.protocols.task import set_task
from featx.utils.text import counted

log = logging.getLogger("featx")


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


def find_corpora(
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
        title = paper.corpora[corpus].title
        for root in roots:
            try:
                plans[corpus] = _plan_corpus(name, paper, corpus, root)
                break
            except CorpusNotFoundError as error:
                reasons.setdefault(str(error), title)
    failures = [plan for plan in plans.values() if isinstance(plan, str)]
    if failures and len(failures) == len(plans):
        raise FeatxError("\n  ".join(failures))
    if not plans:
        shown = "\n  ".join(f"{title}: {reason}" for reason, title in reasons.items())
        raise FeatxError(f"`data`: none of the paper's corpora is there.\n  {shown}")
    return plans


def _plan_corpus(name: str, paper: Paper, corpus: str, root: Path) -> PaperPlan | str:
    """Return what runs on a corpus in a folder, or why nothing can.

    Raises:
        CorpusNotFoundError: if the folder holds another.
        FeatxError: if its manifest is out of date.
    """
    experiment = paper_experiment(name, paper, corpus, root)
    listed = listed_name(name, paper, corpus)
    try:
        built = bring_manifest(experiment, listed)
    except ManifestDiffersError as error:
        raise FeatxError(
            f"{manifest_path(experiment, listed)} exists and says something else than the corpus "
            f"in {root}. Move it away, and start this again."
        ) from error
    try:
        _describe(paper.corpora[corpus], built)
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
