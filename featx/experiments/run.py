"""Run an experiment: what is missing, and nothing twice."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cache import writing
from featx.engines.choices import EngineName
from featx.engines.engine import Engine
from featx.errors import Interrupted
from featx.experiments.errors import ExperimentError
from featx.experiments.settings.config import read_experiment
from featx.utils.arguments import checked
from featx.utils.config import ConfigError

log = logging.getLogger("featx")


@checked
def run(
    experiment: str | Path,
    overwrite: bool = False,
    engine: EngineName = "local",
    address: str | None = None,
) -> Path:
    """Run what is missing of an experiment, and write its report.

    Everything is checked first. A part that fails leaves those that don't need it. What was done
    before is not done again.

    Args:
        experiment: the TOML file that describes the experiment; see docs/experiments.md.
        overwrite: replace runs of another config, runs of data that have changed, and manifests
            of corpora that have changed.
        engine: "local" computes in this process, "ray" on the machines of a Ray cluster: features
            by shards, heads by seeds, folds and systems. Results are the same.
        address: the Ray cluster to join; by default this machine alone.

    Returns:
        The path of the report.

    Raises:
        ExperimentError: if the check finds an error; then nothing was run.
        InUseError: if another process is running it.
        PartsFailed: if a part failed, after all others and the report are done.
        Interrupted: on Ctrl-C; the same call goes on from there.

    Example:
        >>> from pathlib import Path
        >>> text = '''
        ... [corpora.demo]
        ... path = "manifest.csv"
        ... [heads.plain]
        ... head = "linear"
        ... features = ["encoder"]
        ... '''
        >>> _ = Path("first.toml").write_text(text)
        >>> featx.run("first.toml")
    """
    path = Path(experiment)
    with _alone(path):
        return _run(path, overwrite, Engine(engine, address))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep others from running the experiment until the block ends."""
    try:
        experiment = read_experiment(path)
    except ConfigError:  # the check says so
        yield
        return
    doing = f"running the experiment {experiment.name}"
    with writing(experiment.page, doing, within=False, instead="another name of the experiment"):
        yield


def _run(path: Path, overwrite: bool, engine: Engine) -> Path:
    # Imported once it is known that no other process runs the experiment: it takes seconds.
    from featx.experiments.checking.text import to_text
    from featx.experiments.checking.validate import validate
    from featx.experiments.running.course import Course

    inspection = validate(path, overwrite)
    plan = inspection.plan
    if plan is None or inspection.findings.errors:
        raise ExperimentError(path, inspection)
    log.info("%s", to_text(inspection))
    try:
        with engine:
            return Course(inspection, plan, overwrite, engine).run()
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. Run the experiment again to go on from there.") from None
