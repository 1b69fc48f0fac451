"""Whether systems were tested on the same utterances, labels and speakers."""

from collections.abc import Sequence

from featx.comparison.systems.scored import AnySystem
from featx.errors import FeatxError
from featx.utils.text import counted, listed

_NAMED = 3  # utterances in a message


def check_same(systems: Sequence[AnySystem]) -> None:
    """Refuse systems that were tested on different utterances or labels.

    Raises:
        FeatxError: naming two that differ, and in what.
    """
    for other in systems[1:]:
        _check_two(systems[0], other)


def join_speakers(systems: Sequence[AnySystem]) -> dict[str, str]:
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


def _check_two(first: AnySystem, other: AnySystem) -> None:
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
