"""What the members of a vote say of themselves, as the vote repeats it."""

import logging
from collections.abc import Mapping, Sequence

from featx.scoring.results_file import RunResults
from featx.utils.text import shortened
from featx.voting.voters import AnyVoter

SEEN_TESTS = (
    "Validation utterances are tested in another fold, or in one that is not known, so what was "
    "chosen or weighted by them has seen labels of test utterances."
)
log = logging.getLogger("featx")


def speakers_shared(stored: Mapping[str, RunResults], members: int) -> bool | None:
    """Tell whether training and test of any member share speakers; None if that is unknown.

    Args:
        stored: the scores of the members that are runs, by their names.
        members: how many members there are.
    """
    shares = [results.speakers_shared for results in stored.values()]
    unknown = len(shares) < members or None in shares
    return True if True in shares else (None if unknown else False)


def remarks_of(stored: Mapping[str, RunResults], members: Sequence[str]) -> list[str]:
    """Return what members' results say of themselves, each remark once.

    What only some say has their names behind it, as short as tells them apart: remarks keep their
    beginning, by which readers know a warning.

    Args:
        stored: the scores of the members that are runs, by their names.
        members: the names of all members.
    """
    short = dict(zip(members, shortened(members), strict=True))
    found: dict[str, list[str]] = {}
    for name, results in stored.items():
        for remark in results.remarks:
            found.setdefault(remark, []).append(short[name])
    return [
        remark
        if len(names) == len(members)
        else f"{remark.removesuffix('.')} ({', '.join(names)})."
        for remark, names in found.items()
    ]


def file_remarks(voters: Sequence[AnyVoter], stored: Mapping[str, RunResults]) -> list[str]:
    """Return what was found in the files of members that are no runs, whose own are as they are."""
    return [
        f"{voter.name}: {note}"
        for voter in voters
        if voter.name not in stored
        for note in voter.system.notes
    ]


def log_results(results: RunResults) -> None:
    """Write to run.log what the scores of a vote are of, and what a reader of them must know."""
    log.debug("%s", results.title)
    for remark in results.remarks:
        log.debug("%s", remark)
