"""Reading the prediction files of systems, whatever they predict, and scoring each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from featx.comparison.systems.classes import System
from featx.comparison.systems.files import Seed, find_files, split_seeds
from featx.comparison.systems.labels import LabelSystem
from featx.comparison.systems.numbers import NumberSystem
from featx.comparison.systems.scored import AnySystem
from featx.errors import FeatxError
from featx.runs.files import PREDICTIONS
from featx.runs.read import read_run_scores
from featx.scoring.classes.predictions import read_predictions
from featx.scoring.labels.file import read_label_predictions
from featx.scoring.numbers.file import read_number_predictions
from featx.scoring.predictions import PredictionFile, predicted_dimensions, predicted_labels
from featx.utils.files import AnyPath
from featx.utils.text import counted

_KINDS: Mapping[type[AnySystem], str] = {
    System: "classes",
    NumberSystem: "numbers",
    LabelSystem: "several labels at once",
}


def read_systems(
    paths: AnyPath | Sequence[AnyPath], manifest: Mapping[str, str] | None
) -> list[AnySystem]:
    """Read and score the systems that paths stand for, which predict the same kind of thing.

    Args:
        paths: as for `find_files`.
        manifest: who speaks each utterance, where the files don't say.

    Raises:
        FeatxError: if a file can't be used, or files or systems don't fit together.
    """
    systems = [read_system(name, files, manifest) for name, files in find_files(paths).items()]
    kinds = {type(system): system.name for system in systems}
    if len(kinds) > 1:
        each = [f"{name} predicts {_KINDS[kind]}" for kind, name in kinds.items()]
        raise FeatxError(f"{', '.join(each)}. Score them apart.")
    return systems


def read_system(name: str, paths: Sequence[Path], manifest: Mapping[str, str] | None) -> AnySystem:
    """Read and score a system.

    Args:
        name: what it is called.
        paths: its files.
        manifest: who speaks each utterance, where the files don't say.

    Raises:
        FeatxError: if a file can't be used, or they don't fit together.
    """
    dimensions, labels = predicted_dimensions(paths[0]), predicted_labels(paths[0])
    for path in paths[1:]:
        if (predicted_dimensions(path), predicted_labels(path)) != (dimensions, labels):
            raise FeatxError(
                f"{path}: it does not predict what {paths[0].name} beside it does. Files of a "
                "folder are of the same system."
            )
    read = read_number_predictions if dimensions else read_predictions
    files = [read_label_predictions(path) if labels else read(path) for path in paths]
    seeds, seed_notes = split_seeds(files)
    speakers, speaker_notes = _find_speakers(name, seeds, manifest)
    notes = [*_file_notes(files), *seed_notes, *speaker_notes]
    folder = paths[0].parent
    system: AnySystem
    if dimensions:
        system = NumberSystem.of(name, folder, dimensions, seeds, speakers, notes)
    elif labels:
        system = LabelSystem.of(name, folder, labels, seeds, speakers, notes)
    else:
        system = System.of(name, paths, seeds, speakers, notes)
    stored = read_run_scores(folder) if paths[0].name == PREDICTIONS else None
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
