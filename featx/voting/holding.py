"""Systems that vote, joined by utterance or refused with what differs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from featx.comparison.same_tests import check_same, join_speakers
from featx.comparison.systems.read import read_system
from featx.comparison.systems.scored import check_alike
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
        no_validation: why there is no validation part, else empty.
    """

    voters: Sequence[Voter[S, R]]
    speakers: Mapping[str, str]
    protocol: Mapping[str, Any]
    seeds: Sequence[str]
    test: P
    validation: P | None
    no_validation: str

    @property
    def names(self) -> list[str]:
        """Of the systems."""
        return [voter.name for voter in self.voters]

    def drawn_up(self, draw_up: Callable[[P], Any]) -> dict[str, Any]:
        """Return its attributes with both parts in another form."""
        parts = {"test": self.test, "validation": self.validation}
        drawn = {name: None if part is None else draw_up(part) for name, part in parts.items()}
        return {**vars(self), **drawn}


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
    config: VoteConfig, files: Mapping[str, Sequence[Path]], read: ReadPart
) -> Held[Any, Any, Rows[Any]]:
    """Read systems of labels or numbers and join them by utterance.

    Args:
        config: the vote's.
        files: those of each system, by its name.
        read: reads them.

    Raises:
        FeatxError: if a file can't be used, the systems did not learn the same, or as `join`.
    """
    manifest = read_speakers(config.manifest) if config.manifest else None
    voters = [
        voter
        for name, own in files.items()
        for voter in _read(name, own, manifest, config.over_seeds, read)
    ]
    check_alike([voter.system for voter in voters])
    return join(voters)


def join(voters: Sequence[Voter[S, R]]) -> Held[S, R, Rows[R]]:
    """Join systems by utterance, and validation rows by fold too.

    Raises:
        FeatxError: if there are fewer than two systems, or they differ in utterances, what is true
            of them, speakers, folds, protocol or number of seeds.
    """
    check_enough(voters)
    check_same([voter.system for voter in voters])
    protocol = check_protocols(voters)
    check_seeds(voters)
    seeds = name_seeds(voters)
    voters = [replace(v, ballots=for_each(v.ballots, len(seeds))) for v in voters]
    folds = join_folds(voters)
    tests = [
        [{(folds[name], name): row for name, row in b.test.items()} for b in v.ballots]
        for v in voters
    ]
    lacking = [voter.name for voter in voters if not all(b.validation for b in voter.ballots)]
    return Held(
        voters=voters,
        speakers=_join_speakers(voters),
        protocol=protocol,
        seeds=seeds,
        test=tests,
        validation=None if lacking else validation_parts(voters, folds),
        no_validation=_without_validation(lacking, len(voters)),
    )


def _without_validation(lacking: Sequence[str], voters: int) -> str:
    if not lacking:
        return ""
    names = "all systems" if len(lacking) == voters else ", ".join(lacking)
    return f"{names} {'has' if len(lacking) == 1 else 'have'} none"


def _join_speakers(voters: Sequence[AnyVoter]) -> dict[str, str]:
    speakers = join_speakers([voter.system for voter in voters])
    for voter in voters:
        for row in (row for ballot in voter.ballots for row in ballot.validation.values()):
            speakers[row.utterance] = speakers.get(row.utterance) or row.speaker
    return speakers


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
