"""Which features that are there already are computed again."""

from collections.abc import Sequence
from dataclasses import dataclass

from featx.data.manifest import Manifest
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

    def check(self, manifest: Manifest) -> None:
        """Refuse ids that are none.

        Raises:
            FeatxError: if the manifest lacks an utterance.
        """
        if not self.again:
            return
        known = {utterance.utterance for utterance in manifest.utterances}
        unknown: Sequence[str] = [name for name in self.again if name not in known]
        if unknown:
            raise FeatxError(
                f"{manifest.path} lacks utterances that `again` names: {listed(unknown)}; "
                f"{nearest(unknown[0], known)}"
            )
