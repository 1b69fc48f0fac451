"""Scoring prediction files, whoever made them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from featx.comparison.class_systems import System
from featx.comparison.columns import find_columns, score_by
from featx.comparison.evaluation import Evaluation
from featx.comparison.number_systems import NumberSystem
from featx.comparison.systems import Seed, find_files, split_seeds
from featx.errors import FeatxError
from featx.runs.files import PREDICTIONS
from featx.runs.read import read_run_scores, read_scores
from featx.scoring.classes.predictions import read_predictions
from featx.scoring.numbers.predictions import read_number_predictions
from featx.scoring.predictions import PredictionFile, predicted_dimensions, read_speakers
from featx.utils.arguments import checked
from featx.utils.files import AnyPath
from featx.utils.text import counted, listed


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
            and optionally speaker, seed, fold, split and p_CLASS for every class.
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
    systems = [_score(name, files, speakers) for name, files in find_files(paths).items()]
    numbers = [system.name for system in systems if isinstance(system, NumberSystem)]
    if 0 < len(numbers) < len(systems):
        raise FeatxError(
            f"{listed(numbers)} predicts numbers, and others among the {len(systems)} systems "
            "predict classes. Score them apart."
        )
    columns = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    return Evaluation([_score_groups(system, columns, path) for system in systems])


def _score_groups(
    system: System | NumberSystem, by: Sequence[str], manifest: Path | None
) -> System | NumberSystem:
    if not by:
        return system
    columns = find_columns(system.name, system.folder, manifest)
    groups = list(score_by(by, system.name, columns, system.speakers, system.measure()))
    if isinstance(system, NumberSystem):
        return replace(system, results=replace(system.results, groups=groups))
    return replace(system, results=replace(system.results, groups=groups))


def _score(
    name: str, paths: Sequence[Path], manifest: Mapping[str, str] | None
) -> "System | NumberSystem":
    if dimensions := predicted_dimensions(paths[0]):
        return score_numbers(name, dimensions, paths, manifest)
    return _score_system(name, paths, manifest)


def score_numbers(
    name: str,
    dimensions: Sequence[str],
    paths: Sequence[Path],
    manifest: Mapping[str, str] | None,
) -> NumberSystem:
    """Score a system's files of predicted numbers.

    Args:
        name: what the system is called.
        dimensions: what it predicts.
        paths: its files.
        manifest: the speaker of each utterance, where the files don't name them.

    Raises:
        FeatxError: if a file can't be used, or they don't fit together.
    """
    for path in paths:
        if predicted_dimensions(path) != dimensions:
            raise FeatxError(
                f"{path}: it does not predict {', '.join(dimensions)}, as {paths[0].name} beside "
                "it does. Files of a folder are of the same system."
            )
    files = [read_number_predictions(path) for path in paths]
    seeds, seed_notes = split_seeds(files)
    speakers, speaker_notes = _find_speakers(name, seeds, manifest)
    notes = [*_file_notes(files), *seed_notes, *speaker_notes]
    system = NumberSystem.of(name, paths[0].parent, dimensions, seeds, speakers, notes)
    stored = read_run_scores(system.folder) if paths[0].name == PREDICTIONS else None
    return system.with_stored(stored) if stored else system


def _score_system(name: str, paths: Sequence[Path], manifest: Mapping[str, str] | None) -> System:
    files = [read_predictions(path) for path in paths]
    seeds, seed_notes = split_seeds(files)
    speakers, speaker_notes = _find_speakers(name, seeds, manifest)
    notes = [*_file_notes(files), *seed_notes, *speaker_notes]
    system = System.of(name, paths, seeds, speakers, notes)
    stored = read_scores(system.folder) if paths[0].name == PREDICTIONS else None
    return system.with_stored(stored) if stored else system


def _find_speakers(
    system: str, seeds: Sequence[Seed], manifest: Mapping[str, str] | None
) -> tuple[dict[str, str], list[str]]:
    """Return who speaks each utterance, empty if unknown, and notes about it."""
    named = {
        row.utterance: row.speaker for seed in seeds for row in seed.rows.values() if row.speaker
    }
    names = list(seeds[0].rows)
    notes = []
    if manifest is not None:
        missing = [name for name in names if name not in named and name not in manifest]
        if missing:
            raise FeatxError(
                f"{system}: {counted(len(missing), 'utterance')} of {len(names)} not in "
                f"the manifest, such as {missing[0]!r}. Any CSV with the columns utterance and "
                "speaker will do."
            )
        if named:
            rest = "not from" if len(named) == len(names) else "those it leaves empty from"
            notes.append(f"Speakers are from the speaker column, {rest} the manifest.")
    speakers = {name: named.get(name) or (manifest or {}).get(name, "") for name in names}
    unknown = sum(not speaker for speaker in speakers.values())
    if 0 < unknown < len(names):
        are = counted(unknown, "utterance")
        notes.append(f"{are} without a speaker, each resampled as a speaker of its own.")
    return speakers, notes


def _file_notes(files: Sequence[PredictionFile]) -> list[str]:
    notes = []
    if left_out := sum(file.left_out for file in files):
        rows = counted(left_out, "row")
        notes.append(f"{rows} of the training or validation part left out.")
    if contradicted := sum(file.contradicted for file in files):
        rows = counted(contradicted, "row")
        notes.append(
            f"{rows} with another prediction than the most probable class in the p_ columns; "
            "the prediction was scored."
        )
    return notes
