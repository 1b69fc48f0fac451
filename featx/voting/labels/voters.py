"""Systems that predict several labels at once, as voters, and what they say of utterances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from featx.comparison.label_systems import LabelSystem, check_same_labels
from featx.comparison.reading import read_system
from featx.comparison.same_tests import check_same, join_speakers
from featx.comparison.systems import Seed
from featx.errors import FeatxError
from featx.runs.files import PREDICTIONS
from featx.scoring.labels.file import LabelPrediction, read_label_predictions
from featx.scoring.predictions import predicted_labels, read_speakers
from featx.utils.text import listed
from featx.voting.ballots import Key, find_systems
from featx.voting.checks import check_enough, check_protocols, check_seeds
from featx.voting.config import VoteConfig
from featx.voting.joining import for_each, join_folds, name_seeds, validation_parts

_Rows = Mapping[Key, LabelPrediction]


@dataclass(frozen=True)
class LabelBallot:
    """What one training of a system predicted.

    Attributes:
        seed: its number, empty if unknown.
        test: the test rows by utterance.
        validation: the validation rows by fold and utterance, empty if there are none.
    """

    seed: str
    test: Mapping[str, LabelPrediction]
    validation: _Rows


@dataclass(frozen=True)
class LabelVoter:
    """A system that votes.

    Attributes:
        system: its name, its true labels and scores.
        files: the files that hold it.
        ballots: one a seed, in the order of their numbers.
    """

    system: LabelSystem
    files: Sequence[Path]
    ballots: Sequence[LabelBallot]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.system.name

    @property
    def run(self) -> Path | None:
        """Its folder if it is a run or laid out as one, else None."""
        return self.files[0].parent if self.files[0].name == PREDICTIONS else None


@dataclass(frozen=True)
class LabelPart:
    """What systems say of the validation or test part, utterances in one order.

    Attributes:
        keys: fold, empty if nobody tells it, and utterance.
        rows: a row of each utterance, for what is true of it.
        fits: (utterances, labels) which labels fit.
        found: (systems, utterances, labels) of each seed, which are predicted.
        probabilities: (systems, utterances, labels) of each seed.
    """

    keys: Sequence[Key]
    rows: Sequence[LabelPrediction]
    fits: np.ndarray
    found: Sequence[np.ndarray]
    probabilities: Sequence[np.ndarray]


@dataclass(frozen=True)
class LabelElection:
    """Systems that can vote together.

    Attributes:
        voters: the systems in the order in which they were named.
        labels: the labels that all predict.
        speakers: the speaker of each utterance of both parts; empty where unknown.
        protocol: the protocol of the systems that are runs, empty if there are none.
        seeds: names of the seeds of the vote.
        test: what is voted on.
        validation: the same of the validation part; None if a system has none.
    """

    voters: Sequence[LabelVoter]
    labels: Sequence[str]
    speakers: Mapping[str, str]
    protocol: Mapping[str, Any]
    seeds: Sequence[str]
    test: LabelPart
    validation: LabelPart | None


def label_systems(paths: Sequence[Path]) -> dict[str, list[Path]]:
    """Return the files of each system by its name if all predict several labels, else nothing.

    Raises:
        FeatxError: if some do and others do not, or as `find_systems`.
    """
    files = find_systems(paths)
    labelled = [name for name, own in files.items() if predicted_labels(own[0])]
    if others := [name for name in files if name not in labelled] if labelled else []:
        raise FeatxError(
            f"{listed(labelled)} predicts several labels at once, {listed(others)} does not. Let "
            "them vote apart."
        )
    return files if labelled else {}


def hold_labels(config: VoteConfig, files: Mapping[str, Sequence[Path]]) -> LabelElection:
    """Read systems and join them by utterance.

    Args:
        config: the vote's.
        files: those of each system, by its name.

    Raises:
        FeatxError: if a file can't be used, there are fewer than two systems, or they differ in
            utterances, labels, speakers, folds, protocol or number of seeds.
    """
    manifest = read_speakers(config.manifest) if config.manifest else None
    voters = [
        voter
        for name, own in files.items()
        for voter in _read(name, own, manifest, config.over_seeds)
    ]
    check_enough(voters)
    systems = [voter.system for voter in voters]
    check_same_labels(systems)
    check_same(systems)
    protocol = check_protocols(voters)
    check_seeds(voters)
    seeds = name_seeds(voters)
    voters = [replace(v, ballots=for_each(v.ballots, len(seeds))) for v in voters]
    folds = join_folds(voters)
    tests = [
        [{(folds[name], name): row for name, row in b.test.items()} for b in v.ballots]
        for v in voters
    ]
    validated = all(ballot.validation for voter in voters for ballot in voter.ballots)
    rows = [row for v in voters for b in v.ballots for row in b.validation.values()]
    return LabelElection(
        voters=voters,
        labels=list(systems[0].results.classes),
        speakers={**{row.utterance: row.speaker for row in rows}, **join_speakers(systems)},
        protocol=protocol,
        seeds=seeds,
        test=_join(tests),
        validation=_join(validation_parts(voters, folds)) if validated else None,
    )


def _read(
    name: str, files: Sequence[Path], manifest: Mapping[str, str] | None, over_seeds: bool
) -> list[LabelVoter]:
    """Read a system; each of its seeds is a system if that is asked for."""
    whole = read_system(name, files, manifest)
    assert isinstance(whole, LabelSystem), "such systems alone are asked for"
    validation = [row for file in files for row in read_label_predictions(file, "validation").rows]
    seeds = sorted(whole.seeds, key=lambda seed: seed.order)
    if not over_seeds or len(seeds) == 1:
        system = replace(whole, seeds=seeds)
        return [LabelVoter(system, files, [_fill(seed, validation) for seed in seeds])]
    numbered = len({seed.number for seed in seeds} - {""}) == len(seeds)
    labels, speakers, notes = list(whole.results.classes), whole.speakers, whole.notes
    voters = []
    for place, seed in enumerate(seeds):
        called = f"{name}, seed {seed.number if numbered else place}"
        own = LabelSystem.of(called, files, labels, [seed], speakers, notes)
        voters.append(LabelVoter(own, files, [_fill(seed, validation)]))
    return voters


def _fill(seed: Seed, validation: Sequence[Any]) -> LabelBallot:
    """Give a seed its validation rows: those of the files, and of the number, that it is of."""
    test = {n: row for n, row in seed.rows.items() if isinstance(row, LabelPrediction)}  # all are
    origins = {(row.file, row.seed) for row in test.values()}
    own = [row for row in validation if (row.file, row.seed) in origins]
    return LabelBallot(seed.number, test, {(row.fold, row.utterance): row for row in own})


def _join(parts: Sequence[Sequence[_Rows]]) -> LabelPart:
    """Join the rows of each system and seed."""
    first = parts[0][0]
    keys = sorted(first, key=lambda key: (len(key[0]), key))
    seeds = range(len(parts[0]))
    return LabelPart(
        keys,
        [first[key] for key in keys],
        np.array([first[key].fits for key in keys]),
        [np.array([[part[s][key].found for key in keys] for part in parts]) for s in seeds],
        [np.array([[part[s][key].probabilities for key in keys] for part in parts]) for s in seeds],
    )
