"""What keeps systems from voting together."""

from collections.abc import Mapping, Sequence
from typing import Any

from featx.errors import FeatxError
from featx.runs.read import read_config, read_environment
from featx.voting.voters import AnyVoter, Key

_DESCRIBED = ("name", "title", "source", "manifest", "expected")  # what changes no division
_NAMED = 3  # utterances in a message


def check_enough(voters: Sequence[AnyVoter]) -> None:
    """Refuse a single system."""
    if len(voters) > 1:
        return
    (voter,) = voters
    seeds = len(voter.ballots)
    cure = f" Its {seeds} seeds can vote with `over_seeds`." if seeds > 1 else ""
    raise FeatxError(f"{voter.name} is one system, and a vote takes two or more.{cure}")


def check_seeds(voters: Sequence[AnyVoter]) -> None:
    """Refuse systems with different numbers of seeds, of which neither is 1."""
    several = [voter for voter in voters if len(voter.ballots) > 1]
    for other in several[1:]:
        first = several[0]
        if len(other.ballots) != len(first.ballots):
            raise FeatxError(
                f"{first.name} has {len(first.ballots)} seeds, {other.name} has "
                f"{len(other.ballots)}, and a seed of the vote combines one of every system. "
                "Train as many seeds of each, or let every seed vote as a system of its own with "
                "`over_seeds`. A system with a single seed votes with every seed of the others."
            )


def check_protocols(voters: Sequence[AnyVoter]) -> dict[str, Any]:
    """Refuse runs of different protocols, whatever their names and descriptions.

    Returns:
        The protocol of all, empty if nobody tells it.
    """
    protocols = [(voter.name, table) for voter in voters if (table := _protocol(voter))]
    for name, table in protocols[1:]:
        first, before = protocols[0]
        pairs = {key: (before.get(key), table.get(key)) for key in {**before, **table}}
        changed = [
            f"{key}: {there or 'nothing'} in {first}, {here or 'nothing'} in {name}"
            for key, (there, here) in pairs.items()
            if key not in _DESCRIBED and there != here
        ]
        if changed:
            raise differing("protocols", "\n  " + "\n  ".join(changed))
    return protocols[0][1] if protocols else {}


def _protocol(voter: AnyVoter) -> dict[str, Any]:
    """Return the protocol of a run, and of a vote that of its members; empty for other files."""
    if voter.run is None:
        return {}
    table = read_config(voter.run)
    if "systems" in table:
        table = read_environment(voter.run)
    protocol = table.get("protocol")
    return protocol if isinstance(protocol, dict) else {}


def check_folds_named(voters: Sequence[AnyVoter]) -> None:
    """Refuse to mix systems that tell the fold of validation rows with others that don't."""
    names_folds = {
        voter.name: all(row.fold for ballot in voter.ballots for row in ballot.validation.values())
        for voter in voters
    }
    silent = [name for name, names in names_folds.items() if not names]
    if silent and len(silent) < len(names_folds):
        raise FeatxError(
            f"{', '.join(silent)}: validation rows without a fold, which the others tell. Add a "
            "fold column, or drop that of the others."
        )


def check_validation(
    voters: Sequence[AnyVoter], parts: Sequence[Sequence[Mapping[Key, Any]]]
) -> None:
    """Refuse systems that were validated on different utterances or labels."""
    first = parts[0][0]
    for voter, seeds in zip(voters, parts, strict=True):
        for rows in seeds:
            for whole, part, lacks in ((first, rows, voter.name), (rows, first, voters[0].name)):
                missing = [name for _, name in whole.keys() - part.keys()]
                if missing:
                    raise differing(
                        "validation parts",
                        f"{lacks} lacks {len(missing):,} of {len(whole):,} rows "
                        f"({', '.join(map(repr, sorted(missing)[:_NAMED]))})",
                    )
            for key, row in rows.items():
                if row.label != first[key].label:
                    raise differing(
                        "validation labels",
                        f"{key[1]!r} is {first[key].label!r} in {voters[0].name}, "
                        f"{row.label!r} in {voter.name}",
                    )


def differing(what: str, how: str) -> FeatxError:
    """Say what differs between systems, and what to do."""
    return FeatxError(
        f"The {what} differ: {how}.\nOnly systems of one protocol can vote together. Train all on "
        "the same manifest with the same `protocol`."
    )
