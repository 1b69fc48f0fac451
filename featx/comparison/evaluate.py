"""Scoring prediction files, whoever made them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from featx.comparison.columns import find_columns, score_by
from featx.comparison.number_systems import NumberSystem, number_table
from featx.comparison.systems import Seed, find_files, split_seeds
from featx.data.labels import order_labels
from featx.errors import FeatxError
from featx.runs.files import PREDICTIONS
from featx.runs.read import read_run_scores, read_scores
from featx.scoring.classes.predictions import read_predictions
from featx.scoring.classes.results import NAMES, Results, SeedPredictions, score_predictions
from featx.scoring.groups.grouping import Classified
from featx.scoring.groups.scores import GroupScores
from featx.scoring.groups.text import group_notes, group_table
from featx.scoring.numbers.predictions import read_number_predictions
from featx.scoring.predictions import PredictionFile, predicted_dimensions, read_speakers
from featx.scoring.text import WIDE, draw_table, render
from featx.utils.arguments import checked
from featx.utils.files import AnyPath
from featx.utils.tables import TextTable, html_notes, html_table
from featx.utils.text import counted, is_warning, listed

_NOTES = 120  # characters of a line


@dataclass(frozen=True)
class System:
    """The scores of one system.

    Attributes:
        name: the name of its folder.
        folder: the folder that holds its files.
        labels: the label of each utterance that was scored.
        speakers: the speaker of each of these utterances, empty where unknown.
        seeds: its predictions.
        results: its scores.
        notes: what was found in its files, beside the notes of the results.
    """

    name: str
    folder: Path
    labels: Mapping[str, str]
    speakers: Mapping[str, str]
    seeds: Sequence[Seed]
    results: Results
    notes: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        notes = [*self.results.notes(), *self.notes]
        return {**self.results.to_json(), "utterances": len(self.labels), "notes": notes}

    def to_text(self) -> str:
        """Return the full tables and all notes."""
        return "\n".join([self.results.to_text(), *self.notes])

    def measure(self) -> Classified:
        """Return what groups of its utterances are scored by."""
        names, classes = list(self.labels), self.results.classes
        seeds = [index_seed(seed, names, classes, self.speakers) for seed in self.seeds]
        predictions = np.stack([seed.predictions for seed in seeds])
        return Classified(classes, seeds[0].labels, predictions)


@dataclass(frozen=True)
class Evaluation:
    """The scores of one or more systems."""

    systems: Sequence[System | NumberSystem]

    def to_json(self) -> str:
        """Return a JSON object: of the system, or of several as {"systems": {name: object}}."""
        objects = {system.name: system.to_json() for system in self.systems}
        value = {"systems": objects} if len(objects) > 1 else self.systems[0].to_json()
        return json.dumps(value, indent=2, allow_nan=False)

    def to_text(self, details: bool = False) -> str:
        """Return the tables of one system, or a row for each of several and, asked, theirs too."""
        full = [system.to_text() for system in self.systems]
        groups = [_groups_to_text(system.results.groups) for system in self.systems]
        if len(full) == 1:
            return "\n".join(filter(None, [*full, *groups]))
        if details:
            each = (f"{own}\n{by}".rstrip("\n") for own, by in zip(full, groups, strict=True))
            return "\n\n".join([self._overview().rstrip(), *each])
        overview = "\n".join([self._overview(), *self._notes()]).rstrip("\n")
        names = (system.name for system in self.systems)
        named = (f"{name}\n{by}" for name, by in zip(names, groups, strict=True) if by)
        return "\n\n".join([overview, *named])

    def _repr_html_(self) -> str:
        """Return the same for a notebook."""
        if len(self.systems) == 1:
            (system,) = self.systems
            found = [system.results._repr_html_(), html_notes(system.notes)]
        else:
            found = [html_table(self._table()), html_notes([*self._warnings(), *self._notes()])]
        for system in self.systems:
            for scores in system.results.groups:
                named = [system.name] if len(self.systems) > 1 else []
                found += [html_notes(named), html_table(group_table(scores))]
                found.append(html_notes(group_notes(scores)))
        return "".join(found)

    def _overview(self) -> str:
        width = 100 + max(len(system.name) for system in self.systems)
        drawn = render(draw_table(self._table()), width=width)
        lines = [line for line in drawn.splitlines() if line]
        for warning in self._warnings():
            lines += ["", warning]
        return "\n".join([*lines, ""])

    def _table(self) -> TextTable:
        if numbers := [own for own in self.systems if isinstance(own, NumberSystem)]:
            return number_table(numbers)
        metrics = [f"{name}, %" for name in NAMES.values()]
        rows = []
        for system in self.systems:
            assert isinstance(system, System), "it predicts no numbers"
            results = system.results
            scores = [str(results.scores[metric]) for metric in NAMES]
            counts = (results.seeds, len(system.labels), len(results.classes))
            rows.append((system.name, *scores, *map(str, counts)))
        return TextTable(("mean ± std", *metrics, "seeds", "utterances", "classes"), rows)

    def _notes(self) -> list[str]:
        """Return what was found in each system's files, and its run's warnings."""
        return [
            f"{system.name}: {note}"
            for system in self.systems
            for note in (*filter(is_warning, system.results.remarks), *system.notes)
        ]

    def _warnings(self) -> list[str]:
        if all(system.labels == self.systems[0].labels for system in self.systems):
            return []
        return ["The systems were scored on different utterances or labels."]


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


def _groups_to_text(groups: Sequence[GroupScores]) -> str:
    """Return a table for each column that a system was scored by, and its notes; often nothing."""
    parts = []
    for scores in groups:
        parts.append(render(draw_table(group_table(scores)), width=WIDE))
        parts.append(render(*group_notes(scores), width=_NOTES))
    return "\n".join(parts)


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
    truth = {name: row.label for name, row in seeds[0].rows.items()}
    speakers, speaker_notes = _find_speakers(name, seeds, manifest)
    labels = set(truth.values())
    predicted = {row.prediction for seed in seeds for row in seed.rows.values()}
    classes = order_labels(labels | predicted)
    title = (
        f"{name}: {counted(len(files), 'file')}, {counted(len(seeds), 'seed')}, "
        f"{counted(len(truth), 'utterance')}, {len(classes)} class"
        + ("" if len(classes) == 1 else "es")
    )
    scored = [index_seed(seed, list(truth), classes, speakers) for seed in seeds]
    results = score_predictions(title, classes, scored, speakers_shared=None)
    stored = read_scores(paths[0].parent) if paths[0].name == PREDICTIONS else None
    if stored is not None:  # what a run says of itself
        results = replace(
            results,
            speakers_shared=stored.speakers_shared,
            remarks=stored.remarks,
            votes=stored.votes,
        )
    notes = [*_file_notes(files), *seed_notes, *speaker_notes, *_class_notes(predicted - labels)]
    return System(name, paths[0].parent, truth, speakers, seeds, results, notes)


def index_seed(
    seed: Seed, utterances: Sequence[str], classes: Sequence[str], speakers: Mapping[str, str]
) -> SeedPredictions:
    """Return a seed's predictions of some utterances as indices of classes."""
    index = {label: number for number, label in enumerate(classes)}
    rows = [seed.rows[name] for name in utterances]
    labels = np.array([index[row.label] for row in rows])
    predictions = np.array([index[row.prediction] for row in rows])
    return SeedPredictions(labels, predictions, [speakers[name] for name in utterances])


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


def _class_notes(unlabelled: set[str]) -> list[str]:
    if not unlabelled:
        return []
    names = ", ".join(order_labels(unlabelled))
    return [f"Predicted but no utterance's label: {names}. Counts in macro F1, not in UAR."]


_NAMED = 3  # utterances in a message


def check_same(systems: Sequence[System | NumberSystem]) -> None:
    """Refuse systems that were tested on different utterances or labels.

    Raises:
        FeatxError: naming two that differ, and in what.
    """
    for other in systems[1:]:
        _check_two(systems[0], other)


def join_speakers(systems: Sequence[System | NumberSystem]) -> dict[str, str]:
    """Return who speaks each utterance, as any of the systems says; empty if unknown.

    Raises:
        FeatxError: if systems tell different speakers.
    """
    joined: dict[str, str] = {}
    tellers: dict[str, str] = {}
    for system in systems:
        for name, speaker in system.speakers.items():
            if not speaker:
                continue
            tellers.setdefault(name, system.name)
            if joined.setdefault(name, speaker) != speaker:
                raise _differing(
                    f"{name!r} is spoken by {joined[name]!r} in {tellers[name]}, "
                    f"by {speaker!r} in {system.name}"
                )
    return {name: joined.get(name, "") for name in systems[0].labels}


def _check_two(first: System | NumberSystem, other: System | NumberSystem) -> None:
    lacking = [repr(name) for name in first.labels if name not in other.labels]
    extra = [repr(name) for name in other.labels if name not in first.labels]
    of = f"the {counted(len(first.labels), 'utterance')} of {first.name}"
    parts = []
    if lacking:
        parts.append(f"lacks {len(lacking):,} of {of} ({listed(lacking)})")
    if extra:
        parts.append(f"has {len(extra):,} that {first.name} lacks ({listed(extra)})")
    if parts:
        raise _differing(f"{other.name} {' and '.join(parts)}")
    changed = [name for name, label in first.labels.items() if other.labels[name] != label]
    if changed:
        shown = ", ".join(
            f"{name!r} is {other.labels[name]!r}, not {first.labels[name]!r}"
            for name in changed[:_NAMED]
        )
        raise _differing(f"{other.name} labels {len(changed):,} of {of} otherwise ({shown})")


def _differing(what: str) -> FeatxError:
    return FeatxError(
        f"The test sets differ: {what}. Only scores on the same test utterances can be compared. "
        "Train both on the same manifest with the same `protocol`."
    )
