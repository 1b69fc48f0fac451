"""Systems of labels or numbers read as voters and joined by utterance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from featx.comparison.base import check_alike
from featx.comparison.reading import read_system
from featx.comparison.same_tests import check_same, join_speakers
from featx.errors import FeatxError
from featx.scoring.predictions import PredictionFile, read_speakers
from featx.utils.text import listed
from featx.voting.checks import check_enough, check_protocols, check_seeds
from featx.voting.config import VoteConfig
from featx.voting.joining import for_each, join_folds, name_seeds, validation_parts
from featx.voting.sources import find_systems
from featx.voting.voters import AnyVoter, Key, R, S, Voter, fill

P = TypeVar("P")
Rows = Sequence[Sequence[Mapping[Key, R]]]
"""The rows of each system and seed."""
ReadPart = Callable[[Path, str], PredictionFile]
"""Reads a part of a file, such as "validation"."""


@dataclass(frozen=True)
class Held(Generic[S, R, P]):
    """Systems that can vote together.

    Attributes:
        voters: the systems in the order in which they were named.
        speakers: the speaker of each utterance of both parts; empty where unknown.
        protocol: the protocol of the systems that are runs, empty if there are none.
        seeds: names of the seeds of the vote.
        test: what is voted on.
        validation: the same of the validation part; None if a system has none.
    """

    voters: Sequence[Voter[S, R]]
    speakers: Mapping[str, str]
    protocol: Mapping[str, Any]
    seeds: Sequence[str]
    test: P
    validation: P | None

    @property
    def names(self) -> list[str]:
        """Of the systems."""
        return [voter.name for voter in self.voters]


def systems_of(
    paths: Sequence[Path], predicted: Callable[[Path], object], apart: str
) -> dict[str, list[Path]]:
    """Return the files of each system by its name if all predict something, nothing if none does.

    Args:
        paths: the systems.
        predicted: tells whether a file predicts that.
        apart: what is said if only some do, with `{these}` and `{others}` for their names.

    Raises:
        FeatxError: if some do and others do not, or as `find_systems`.
    """
    files = find_systems(paths)
    these = [name for name, own in files.items() if predicted(own[0])]
    others = [name for name in files if name not in these]
    if these and others:
        raise FeatxError(apart.format(these=listed(these), others=listed(others)))
    return files if these else {}


def hold(
    config: VoteConfig,
    files: Mapping[str, Sequence[Path]],
    read: ReadPart,
    join: Callable[[Rows[Any]], P],
) -> Held[Any, Any, P]:
    """Read systems and join them by utterance.

    Args:
        config: the vote's.
        files: those of each system, by its name.
        read: reads their files.
        join: joins the rows of each system and seed.

    Raises:
        FeatxError: if a file can't be used, there are fewer than two systems, or they differ in
            utterances, what is true of them, what they learned, speakers, folds, protocol or
            number of seeds.
    """
    manifest = read_speakers(config.manifest) if config.manifest else None
    voters = [
        voter
        for name, own in files.items()
        for voter in _read(name, own, manifest, config.over_seeds, read)
    ]
    check_enough(voters)
    systems = [voter.system for voter in voters]
    check_alike(systems)
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
    rows: list[Any] = [row for v in voters for b in v.ballots for row in b.validation.values()]
    return Held(
        voters=voters,
        speakers={**{row.utterance: row.speaker for row in rows}, **join_speakers(systems)},
        protocol=protocol,
        seeds=seeds,
        test=join(tests),
        validation=join(validation_parts(voters, folds)) if validated else None,
    )


def in_order(first: Mapping[Key, R]) -> list[Key]:
    """Return folds and utterances in the order in which a vote has them."""
    return sorted(first, key=lambda key: (len(key[0]), key))


def _read(
    name: str,
    files: Sequence[Path],
    manifest: Mapping[str, str] | None,
    over_seeds: bool,
    read: ReadPart,
) -> list[AnyVoter]:
    """Read a system; each of its seeds is a system if that is asked for."""
    whole: Any = read_system(name, files, manifest)
    validation = [row for file in files for row in read(file, "validation").rows]
    seeds = sorted(whole.seeds, key=lambda seed: seed.order)
    if not over_seeds or len(seeds) == 1:
        ballots = [fill(seed, validation) for seed in seeds]
        return [Voter(replace(whole, seeds=seeds), files, ballots)]
    numbered = len({seed.number for seed in seeds} - {""}) == len(seeds)
    voters = []
    for place, seed in enumerate(seeds):
        called = f"{name}, seed {seed.number if numbered else place}"
        system = whole.with_seeds(called, [seed])
        voters.append(Voter(system, files, [fill(seed, validation)]))
    return voters
