"""Heads of an experiment that are trained before their turn, so that no machine waits."""

from collections.abc import Iterator

from featx.errors import FeatxError
from featx.experiments.checking.validate import Inspection
from featx.experiments.planning.plan import Plan, PlannedRun
from featx.features.encoders.devices import Compute
from featx.fitting.config import FitConfig, lacks_final
from featx.fitting.plan import plan_fit
from featx.fitting.training.actors import TrainingActors
from featx.fitting.training.train import Trainers, assign, find_members, fit_member
from featx.runs.files import MEMBERS
from featx.tuning.config import TuneConfig


class Ahead:
    """Begins the heads of later systems while earlier ones are finished and written.

    In this process it begins none: all cores train the heads of one system.

    Args:
        trainers: who trains heads.
        inspection: what the experiment's check found.
        plan: the experiment's plan.
    """

    def __init__(self, trainers: Trainers, inspection: Inspection, plan: Plan) -> None:
        self._trainers, self._inspection, self._plan = trainers, inspection, plan
        self._runs: Iterator[PlannedRun] = iter(plan.heads)

    def go_on(self) -> None:
        """Begin as many heads as keep all machines busy for a while."""
        if not isinstance(self._trainers, TrainingActors):
            return
        while not self._trainers.has_enough:
            run = next(self._runs, None)
            if run is None:
                return
            try:
                self._begin(run, self._trainers)
            except FeatxError:
                continue  # which is said when its turn comes

    def _begin(self, run: PlannedRun, trainers: TrainingActors) -> None:
        config, state = self._inspection.checked[run]
        if state == "done" or not isinstance(config, FitConfig) or isinstance(config, TuneConfig):
            return
        if lacks_final(run.folder, config.to_toml()):
            return
        compute = Compute(self._plan.experiment.heads[run.system].device)
        manifest = self._inspection.manifests[run.case.corpus]
        fit = plan_fit(config, manifest, trainers.place(compute))
        members = find_members(fit, run.folder / MEMBERS)
        missing = [assignment for assignment in assign(fit) if assignment not in members]
        if missing:
            trainers.begin(fit, missing, fit_member, compute)
