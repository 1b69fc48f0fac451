"""The steps of an experiment: features are extracted, and runs are made."""

from featx.data.manifest import Manifest
from featx.engines.engine import HERE, Engine
from featx.errors import FeatxError
from featx.experiments.planning.features import config_of, is_complete
from featx.experiments.planning.plan import Plan, PlannedRun, Store
from featx.experiments.planning.run_configs import Config
from featx.features.encoders.devices import Compute
from featx.features.extract import extract_features
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.run import run_finetune
from featx.finetuning.training.resources import Recipients, check_compute, check_recipients
from featx.fitting.config import FitConfig
from featx.fitting.run import run_fit
from featx.fitting.training.train import THREADS, Trainers
from featx.scoring.results_file import RunResults
from featx.tuning.config import TuneConfig
from featx.tuning.run import run_tune
from featx.voting.run import run_vote


def extract_store(store: Store, manifest: Manifest, engine: Engine = HERE) -> str:
    """Extract what a feature store lacks; return what was done.

    Args:
        store: the features, and their place.
        manifest: the corpus's utterances.
        engine: where they are computed.

    Raises:
        FeatxError: if the model or an utterance can't be used, or the place holds other features.
        Interrupted: on Ctrl-C.
    """
    if is_complete(store, manifest):
        return "done before"
    extraction = extract_features(config_of(store), manifest, store.folder, engine=engine)
    if extraction.failures:
        raise FeatxError(extraction.describe())
    return extraction.describe()


def make_run(
    plan: Plan,
    run: PlannedRun,
    config: Config,
    manifest: Manifest,
    overwrite: bool = False,
    trainers: Trainers = THREADS,
) -> RunResults:
    """Make a run, or return the results of the same run made before.

    Args:
        plan: the experiment's plan.
        run: the run.
        config: the run's config.
        manifest: the corpus's utterances.
        overwrite: replace what is in the run's place, once the new run is finished.
        trainers: who trains heads.

    Raises:
        FeatxError: if the place holds something else, or what the run needs can't be used.
        Interrupted: on Ctrl-C.
    """
    if isinstance(config, FitConfig):
        compute = Compute(plan.experiment.heads[run.system].device)
        if isinstance(config, TuneConfig):
            return run_tune(config, run.folder, overwrite, compute, manifest, trainers)
        return run_fit(config, run.folder, overwrite, compute, manifest, trainers)
    if isinstance(config, FinetuneConfig):
        tuning = plan.experiment.finetunings[run.system]
        compute, recipients = Compute(device=tuning.device), Recipients(tuning.track)
        check_compute(config, compute)
        check_recipients(config, recipients)
        results = run_finetune(config, run.folder, overwrite, compute, recipients, manifest)
        assert results is not None, "an experiment runs in one process, which leads"
        return results
    return run_vote(config, run.folder, overwrite)
