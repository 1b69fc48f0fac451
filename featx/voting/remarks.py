"""What the members of a vote say of themselves, as the vote repeats it."""

from collections.abc import Mapping

from featx.scoring.results_file import RunResults

SEEN_TESTS = (
    "Validation utterances are tested in another fold, or in one that is not known, so what was "
    "chosen or weighted by them has seen labels of test utterances."
)


def speakers_shared(stored: Mapping[str, RunResults], members: int) -> bool | None:
    """Tell whether training and test of any member share speakers; None if that is unknown.

    Args:
        stored: the scores of the members that are runs, by their names.
        members: how many members there are.
    """
    shares = [results.speakers_shared for results in stored.values()]
    unknown = len(shares) < members or None in shares
    return True if True in shares else (None if unknown else False)


def remarks_of(stored: Mapping[str, RunResults]) -> list[str]:
    """Return what members' results say of themselves, each remark once, with their names after it.

    A remark keeps its beginning, by which readers know a warning.
    """
    names: dict[str, list[str]] = {}
    for name, results in stored.items():
        for remark in results.remarks:
            names.setdefault(remark, []).append(name)
    return [
        f"{remark.removesuffix('.')} ({', '.join(members)})." for remark, members in names.items()
    ]
