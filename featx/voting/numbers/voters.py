"""Systems that predict numbers, as voters, and what they say of the same utterances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from featx.comparison.number_systems import NumberSystem, shared_dimensions
from featx.comparison.reading import read_system
from featx.comparison.same_tests import check_same, join_speakers
from featx.comparison.systems import Seed
from featx.errors import FeatxError
from featx.runs.files import PREDICTIONS
from featx.scoring.numbers.predictions import NumberPrediction, read_validated_numbers
from featx.scoring.predictions import predicted_dimensions, read_speakers
from featx.utils.text import listed
from featx.voting.ballots import Key, find_systems
from featx.voting.checks import check_enough, check_protocols, check_seeds
from featx.voting.config import VoteConfig
from featx.voting.joining import for_each, join_folds, name_seeds, validation_parts

_Rows = Mapping[Key, NumberPrediction]


@dataclass(frozen=True)
class NumberBallot:
    """What one training of a system predicted.

    Attributes:
        seed: its number, empty if unknown.
        test: the test rows by utterance.
        validation: the validation rows by fold and utterance, empty if there are none.
    """

    seed: str
    test: Mapping[str, NumberPrediction]
    validation: _Rows


@dataclass(frozen=True)
class NumberVoter:
    """A system that votes.

    Attributes:
        system: its name, its true numbers and scores.
        files: the files that hold it.
        ballots: one a seed, in the order of their numbers.
    """

    system: NumberSystem
    files: Sequence[Path]
    ballots: Sequence[NumberBallot]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.system.name

    @property
    def run(self) -> Path | None:
        """Its folder if it is a run or laid out as one, else None."""
        return self.files[0].parent if self.files[0].name == PREDICTIONS else None


@dataclass(frozen=True)
class NumberPart:
    """What systems say of the validation or test part, utterances in one order.

    Attributes:
        keys: fold, empty if nobody tells it, and utterance.
        truth: (utterances, dimensions).
        predictions: (systems, utterances, dimensions) of each seed.
    """

    keys: Sequence[Key]
    truth: np.ndarray
    predictions: Sequence[np.ndarray]


@dataclass(frozen=True)
class NumberElection:
    """Systems whose numbers can be averaged.

    Attributes:
        voters: the systems in the order in which they were named.
        dimensions: the columns that all predict.
        speakers: the speaker of each utterance of both parts; empty where unknown.
        protocol: the protocol of the systems that are runs, empty if there are none.
        seeds: names of the seeds of the vote.
        test: what is voted on.
        validation: the same of the validation part; None if a system has none.
    """

    voters: Sequence[NumberVoter]
    dimensions: Sequence[str]
    speakers: Mapping[str, str]
    protocol: Mapping[str, Any]
    seeds: Sequence[str]
    test: NumberPart
    validation: NumberPart | None


def number_systems(paths: Sequence[Path]) -> dict[str, list[Path]]:
    """Return the files of each system by its name if all predict numbers, nothing if none does.

    Raises:
        FeatxError: if some predict numbers and others do not, or as `find_systems`.
    """
    files = find_systems(paths)
    numbers = [name for name, own in files.items() if predicted_dimensions(own[0])]
    if others := [name for name in files if name not in numbers] if numbers else []:
        raise FeatxError(
            f"{listed(numbers)} predicts numbers, {listed(others)} predicts none. Numbers are "
            "averaged and classes voted for: let them vote apart."
        )
    return files if numbers else {}


def hold_numbers(config: VoteConfig, files: Mapping[str, Sequence[Path]]) -> NumberElection:
    """Read systems and join them by utterance.

    Args:
        config: the vote's.
        files: those of each system, by its name.

    Raises:
        FeatxError: if a file can't be used, there are fewer than two systems, or they differ in
            utterances, true numbers, dimensions, speakers, folds, protocol or number of seeds.
    """
    manifest = read_speakers(config.manifest) if config.manifest else None
    voters = [
        voter
        for name, own in files.items()
        for voter in _read(name, own, manifest, config.over_seeds)
    ]
    check_enough(voters)
    systems = [voter.system for voter in voters]
    dimensions = shared_dimensions(systems)
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
    return NumberElection(
        voters=voters,
        dimensions=dimensions,
        speakers={**{row.utterance: row.speaker for row in rows}, **join_speakers(systems)},
        protocol=protocol,
        seeds=seeds,
        test=_join(tests),
        validation=_join(validation_parts(voters, folds)) if validated else None,
    )


def _read(
    name: str, files: Sequence[Path], manifest: Mapping[str, str] | None, over_seeds: bool
) -> list[NumberVoter]:
    """Read a system; each of its seeds is a system if that is asked for."""
    whole = read_system(name, files, manifest)
    assert isinstance(whole, NumberSystem), "such systems alone are asked for"
    validation = [row for file in files for row in read_validated_numbers(file)]
    seeds = sorted(whole.seeds, key=lambda seed: seed.order)
    if not over_seeds or len(seeds) == 1:
        system = replace(whole, seeds=seeds)
        return [NumberVoter(system, files, [_fill(seed, validation) for seed in seeds])]
    numbered = len({seed.number for seed in seeds} - {""}) == len(seeds)
    voters = []
    for place, seed in enumerate(seeds):
        own = NumberSystem.of(
            f"{name}, seed {seed.number if numbered else place}",
            files,
            list(whole.results.dimensions),
            [seed],
            whole.speakers,
            whole.notes,
        )
        voters.append(NumberVoter(own, files, [_fill(seed, validation)]))
    return voters


def _fill(seed: Seed, validation: Sequence[NumberPrediction]) -> NumberBallot:
    """Give a seed its validation rows: those of the files, and of the number, that it is of."""
    test = {n: row for n, row in seed.rows.items() if isinstance(row, NumberPrediction)}  # all are
    origins = {(row.file, row.seed) for row in test.values()}
    own = [row for row in validation if (row.file, row.seed) in origins]
    return NumberBallot(seed.number, test, {(row.fold, row.utterance): row for row in own})


def _join(parts: Sequence[Sequence[_Rows]]) -> NumberPart:
    """Join the rows of each system and seed."""
    first = parts[0][0]
    keys = sorted(first, key=lambda key: (len(key[0]), key))
    predictions = [
        np.array([[part[seed][key].predicted for key in keys] for part in parts])
        for seed in range(len(parts[0]))
    ]
    return NumberPart(keys, np.array([first[key].truth for key in keys]), predictions)
