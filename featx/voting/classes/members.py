"""Which systems vote in which fold: all, or those that a search chose."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from featx.errors import FeatxError
from featx.scoring.classes.results import NAMES
from featx.utils.progress import Advance, progress
from featx.utils.text import counted, listed
from featx.voting.choices import Tie
from featx.voting.classes.election import Election
from featx.voting.classes.part import Fold, Part
from featx.voting.classes.search import Members, choose, score_all, score_each
from featx.voting.config import VoteConfig

CHOSEN_ON_TEST = "OPTIMISTIC: CHOSEN ON TEST"
CHOSEN_ON_VALIDATION = "chosen on validation"
BEST_ON_TEST = "best on test: OPTIMISTIC"
MOST = 200_000  # combinations that a search goes through for a fold
_NEARLY = 1e-9  # that a score may lack through rounding
_LISTED = 12  # systems in a message


@dataclass(frozen=True)
class Candidates:
    """The systems that can be chosen for a fold.

    Attributes:
        fold: None where one choice is made for all folds.
        systems: their indices.
        left_out: the scores of the others in percent, by their indices.
    """

    fold: Fold
    systems: Sequence[int]
    left_out: Mapping[int, float]


@dataclass(frozen=True)
class Pick:
    """The best of all combinations of some size.

    Attributes:
        fold: where it was picked; None for all folds together.
        size: how many members.
        how: on which data it was picked.
        votes: whether it votes there.
        members: their indices.
        combinations: how many there were.
        validation: its score on the validation data, from 0 to 1; None if picked on test data.
        test: its score on the test data, from 0 to 1.
    """

    fold: Fold
    size: int
    how: str
    votes: bool
    members: Members
    combinations: int
    validation: float | None
    test: float


def find_candidates(config: VoteConfig, election: Election) -> list[Candidates]:
    """Find the systems that a search can choose, for each fold that it chooses for.

    Where every fold has validation rows of its own, they choose for it alone, as those of other
    folds hold labels of its test rows.

    Raises:
        FeatxError: if `at_least` leaves too few, or they make too many combinations.
    """
    part = selecting(config, election)
    by_fold = config.select_on == "validation" and election.validates_every_fold
    folds: list[Fold] = [*part.folds] if by_fold and len(part.folds) > 1 else [None]
    found = []
    for fold in folds:
        scores = dict(enumerate((100 * score_each(part.of(fold), config.best_by)).tolist()))
        least = (config.at_least or 0) - _NEARLY
        left_out = {system: score for system, score in scores.items() if score < least}
        systems = [system for system in scores if system not in left_out]
        found.append(Candidates(fold, systems, left_out))
        _check_enough(config, election, found[-1])
        _check_combinations(config.search, len(systems))
    return found


def search(config: VoteConfig, election: Election, tie: Tie) -> list[Pick]:
    """Return the best combination of each size for each fold, of which the best size votes.

    The best on test data come after those that validation data chose, and don't vote.

    Args:
        config: how to choose.
        election: the systems.
        tie: the tie rule.
    """
    if not config.search:
        return []
    places = find_candidates(config, election)
    everyone = Candidates(None, range(len(election.voters)), {})
    compared = [everyone] if config.select_on == "validation" else []
    tried = sum(math.comb(len(p.systems), n) for p in (*places, *compared) for n in config.search)
    picks = []
    with progress("Searching", tried, "combinations") as advance:
        for candidates in places:
            of_sizes = [_pick(config, election, tie, candidates, n, advance) for n in config.search]
            best = max(of_sizes, key=lambda pick: _score(config, pick))
            picks += [replace(pick, votes=pick is best) for pick in of_sizes]
        optimist = config.model_copy(update={"select_on": "test"})
        for candidates in compared:
            for size in config.search:
                pick = _pick(optimist, election, tie, candidates, size, advance)
                picks.append(replace(pick, how=BEST_ON_TEST))
    return picks


def selecting(config: VoteConfig, election: Election) -> Part:
    """Return the part that chooses the members."""
    part = election.test if config.select_on == "test" else election.validation
    assert part is not None, "refused before"
    return part


def describe_left_out(config: VoteConfig, election: Election) -> list[str]:
    """Say which systems can't be chosen as their score is too low; nothing if all can."""
    found = find_candidates(config, election)
    folds = Counter(system for candidates in found for system in candidates.left_out)
    if not folds:
        return []
    if len(found) == 1:
        names = _scores(election, found[0])
    else:
        of = f"of {len(found)} folds"
        names = listed(
            [f"{election.names[n]} (in {count} {of})" for n, count in folds.most_common()], _LISTED
        )
    wanted = f"{config.at_least:g} % {NAMES[config.best_by]} on the {config.select_on} data"
    return [f"Left out, having less than {wanted}: {names}."]


def _pick(
    config: VoteConfig,
    election: Election,
    tie: Tie,
    candidates: Candidates,
    size: int,
    advance: Advance,
) -> Pick:
    fold, systems, by = candidates.fold, candidates.systems, config.best_by
    part, on_test = selecting(config, election).of(fold), config.select_on == "test"
    members, score = choose(part, systems, size, config.rule, tie, by, advance)
    test = score_all(election.test.of(fold), np.array([members]), config.rule, tie, by)
    return Pick(
        fold=fold,
        size=size,
        how=CHOSEN_ON_TEST if on_test else CHOSEN_ON_VALIDATION,
        votes=False,
        members=members,
        combinations=math.comb(len(systems), size),
        validation=None if on_test else score,
        test=float(test[0]),
    )


def _score(config: VoteConfig, pick: Pick) -> float:
    score = pick.test if config.select_on == "test" else pick.validation
    assert score is not None, "picked there"
    return score


def _check_enough(config: VoteConfig, election: Election, candidates: Candidates) -> None:
    largest, enough = max(config.search), len(candidates.systems)
    if largest <= enough:
        return
    systems = counted(len(election.voters), "system")
    if not candidates.left_out:
        raise FeatxError(f"`search={largest}`: there are no more than {systems}.")
    data = f"{config.select_on} data"
    if candidates.fold is not None:
        data += f" of fold {candidates.fold}"
    raise FeatxError(
        f"`at_least={config.at_least:g}` leaves {enough} of {systems} by their "
        f"{NAMES[config.best_by]} on the {data}, and `search={largest}` takes {largest}. Left out: "
        f"{_scores(election, candidates)}. Take a lower `at_least` or a smaller `search`."
    )


def _check_combinations(sizes: Sequence[int], systems: int) -> None:
    number = sum(math.comb(systems, size) for size in sizes)
    if number > MOST:
        raise FeatxError(
            f"`search`: {number:,} combinations of {systems} systems, more than {MOST:,}. "
            "Give fewer systems or smaller numbers."
        )


def _scores(election: Election, candidates: Candidates) -> str:
    """Return "a (88.89 %), b (70.00 %)", the best first."""
    scores = sorted(candidates.left_out.items(), key=lambda item: -item[1])
    return listed([f"{election.names[n]} ({score:.2f} %)" for n, score in scores], _LISTED)
