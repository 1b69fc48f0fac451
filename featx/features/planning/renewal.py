"""Which features that are there already are computed again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from featx.errors import FeatxError
from featx.utils.text import listed, nearest


@dataclass(frozen=True)
class Renewal:
    """Which features that are there already are computed again.

    Attributes:
        update: whether those of changed audio are.
        again: the ids of others that are.
    """

    update: bool = False
    again: tuple[str, ...] = ()

    @property
    def renews(self) -> bool:
        """Whether features that are there may be computed again."""
        return self.update or bool(self.again)

    def check(self, manifest: Path, names: Collection[str]) -> None:
        """Refuse ids that are none.

        Args:
            manifest: the file that lists the utterances, for messages.
            names: the ids of all that is extracted.

        Raises:
            FeatxError: if an id is none of these.
        """
        if not self.again:
            return
        known = set(names)
        unknown: Sequence[str] = [name for name in self.again if name not in known]
        if unknown:
            raise FeatxError(
                f"{manifest} lacks utterances that `again` names: {listed(unknown)}; "
                f"{nearest(unknown[0], known)}"
            )
