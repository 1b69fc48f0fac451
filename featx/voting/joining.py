"""What systems have in common when they are joined, whatever they predict: seeds and folds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from featx.utils.text import counted
from featx.voting.checks import check_folds_named, check_validation, differing
from featx.voting.voters import AnyVoter, Key

B = TypeVar("B")


def for_each(ballots: Sequence[B], seeds: int) -> Sequence[B]:
    """Return a ballot for each seed of the vote; a single ballot counts for all."""
    return ballots if len(ballots) == seeds else [*ballots] * seeds


def name_seeds(voters: Sequence[AnyVoter]) -> list[str]:
    """Return the names of the seeds of a vote: those of its systems, if they are alike."""
    most = max(len(voter.ballots) for voter in voters)
    names = [[b.seed for b in voter.ballots] for voter in voters if len(voter.ballots) == most]
    numbered = all(names[0]) and len(set(names[0])) == len(names[0])
    alike = numbered and all(numbers == names[0] for numbers in names)
    return names[0] if alike else [str(number) for number in range(len(names[0]))]


def join_folds(voters: Sequence[AnyVoter]) -> dict[str, str]:
    """Return the fold of every utterance, empty if nobody tells it."""
    with_folds = [
        (voter, ballot)
        for voter in voters
        for ballot in voter.ballots
        if all(row.fold for row in ballot.test.values())
    ]
    if not with_folds:
        return dict.fromkeys(voters[0].ballots[0].test, "")
    first, ballot = with_folds[0]
    folds = {name: row.fold for name, row in ballot.test.items()}
    for voter, other in with_folds[1:]:
        moved = [name for name, row in other.test.items() if row.fold != folds[name]]
        if moved:
            raise differing(
                "folds",
                f"{counted(len(moved), 'utterance')} of {len(folds):,}, such as {moved[0]!r}, "
                f"tested in fold {folds[moved[0]]} of {first.name} and in fold "
                f"{other.test[moved[0]].fold} of {voter.name}",
            )
    return folds


def validation_parts(
    voters: Sequence[AnyVoter], folds: Mapping[str, str]
) -> list[list[dict[Key, Any]]]:
    """Return the validation rows of each system and seed, by fold and utterance.

    Rows without a fold are of the only one.

    Args:
        voters: the systems, which all have some.
        folds: the fold in which each utterance is tested, empty if nobody tells it.

    Raises:
        FeatxError: if the systems were validated on different utterances, labels or folds.
    """
    only = next(iter(folds.values())) if len(set(folds.values())) == 1 else ""
    if not only:
        check_folds_named(voters)
    parts = [
        [{(r.fold or only, r.utterance): r for r in b.validation.values()} for b in v.ballots]
        for v in voters
    ]
    check_validation(voters, parts)
    return parts


def validates_on_tests(validation: Iterable[Key], test: Iterable[Key], by_fold: bool) -> bool:
    """Tell whether what validation rows choose or weigh has seen what is true of test rows.

    Args:
        validation: fold and utterance of each validation row.
        test: those of the test rows.
        by_fold: whether each fold has a choice or weights of its own.
    """
    seen, tested = (
        {(fold if by_fold else "", name) for fold, name in keys} for keys in (validation, test)
    )
    return bool(seen & tested)
