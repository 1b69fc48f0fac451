"""The checkpoint that adapters were trained on: how it is named with them, and found again."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.checkpoints.loading import digest_settings, digest_weights, load_model
from featx.finetuning.identity import Identity
from featx.runs.files import MODELS
from featx.runs.read import locate, read_config
from featx.utils.config import Schema

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Base(Schema):
    """The encoder that adapters were trained in, as it was before.

    Attributes:
        encoder: Hub id, or the local folder's name.
        revision: the Hub's commit, the package, or "" for a local folder.
        weights_sha256: digest of its weights.
        settings_sha256: digest of its config and preprocessing.
    """

    encoder: Annotated[str, Field(pattern=r"^[^/\\.][^/\\]*(/[^/\\.][^/\\]*)?$")]
    revision: str
    weights_sha256: Digest
    settings_sha256: Digest

    @classmethod
    def of(cls, identity: Identity) -> "Base":
        """Return the encoder of a run."""
        return cls(**{name: getattr(identity, name) for name in cls.model_fields})

    def load(self, folder: Path, extractor: Any) -> Any:
        """Load the encoder, and make sure that it is the same.

        A local one is looked for where the run's config has it, and by its name in the working
        folder and in that of the run.

        Args:
            folder: the saved model's.
            extractor: the preprocessing that was saved with the adapters.

        Returns:
            transformers' model.

        Raises:
            FeatxError: if it is not here, or another one is in its place.
        """
        place = self._find(folder)
        encoder = load_model(place)
        found = {
            "weights": digest_weights(encoder) == self.weights_sha256,
            "config and preprocessing": (
                digest_settings(encoder.config, extractor) == self.settings_sha256
            ),
        }
        if others := [what for what, same in found.items() if not same]:
            raise FeatxError(
                f"{folder}: its adapters were trained in {self}, and {place} has other "
                f"{' and other '.join(others)}. In another encoder they mean nothing; put the one "
                "that they were trained in there."
            )
        return encoder

    def _find(self, folder: Path) -> Path:
        if self.revision:
            return find_checkpoint(self.encoder, self.revision).folder
        model = folder.absolute()
        run = model.parent.parent if model.parent.name == MODELS else model
        names = [str(read_config(run).get("model", "")), self.encoder]
        found = next(filter(None, (locate(run, name) for name in names if name)), None)
        if found is None:
            raise FeatxError(
                f"{folder}: holds adapters alone, and the encoder that they were trained in, a "
                f"local checkpoint named {self.encoder}, is not here. Put its folder into the "
                "working folder."
            )
        return find_checkpoint(str(found)).folder

    def __str__(self) -> str:
        """Return its name and commit."""
        return f"{self.encoder} ({self.revision})" if self.revision else self.encoder
