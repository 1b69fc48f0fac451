"""Scoring prediction files, whoever made them."""

from collections.abc import Sequence
from pathlib import Path

from featx.comparison.evaluation import Evaluation
from featx.comparison.manifest_columns import find_columns, score_by
from featx.comparison.systems.read import read_systems
from featx.comparison.systems.scored import AnySystem
from featx.scoring.predictions import read_speakers
from featx.utils.arguments import checked
from featx.utils.files import AnyPath


@checked
def evaluate(
    paths: AnyPath | Sequence[AnyPath],
    manifest: str | Path | None = None,
    by: str | Sequence[str] = (),
) -> Evaluation:
    """Score prediction files, whoever made them; each folder that holds some is a system.

    Args:
        paths: run folders, prediction files, folders of prediction files, or folders of such
            folders. A prediction file is a CSV with the columns utterance, label and prediction,
            and optionally speaker, seed, fold, split and p_CLASS for every class. That of several
            labels at once has the columns utterance, labels, predictions and p_LABEL; that of
            numbers NAME and predicted_NAME.
        manifest: a CSV that names the speakers, where the files have no speaker column, and what
            `by` asks for; for runs, by default, the manifest that they were made from.
        by: columns of the manifest, such as "sex", by whose values to score too.

    Returns:
        The scores of every system.

    Raises:
        FeatxError: if a file can't be used, files don't fit together, or the manifest is not to be
            found or lacks a column.

    Example:
        >>> evaluation = featx.evaluate("runs/manifest-encoder-dense")
        >>> print(evaluation.systems[0].results.scores["uar"])
    """
    path = None if manifest is None else Path(manifest)
    speakers = None if path is None else read_speakers(path)
    systems = read_systems(paths, speakers)
    columns = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    return Evaluation([_score_groups(system, columns, path) for system in systems])


def _score_groups(system: AnySystem, by: Sequence[str], manifest: Path | None) -> AnySystem:
    if not by:
        return system
    columns = find_columns(system.name, system.folder, manifest)
    return system.with_groups(
        list(score_by(by, system.name, columns, system.speakers, system.measure()))
    )
