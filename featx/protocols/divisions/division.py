"""All ways to divide a corpus, by their `kind`."""

from typing import Annotated

from pydantic import Field

from featx.protocols.divisions.columns import Crossed, LeaveOneOut
from featx.protocols.divisions.drawn import RandomFolds, RandomSplit
from featx.protocols.divisions.manifests import Corpora, ManifestSplit
from featx.protocols.divisions.speakers import SpeakerFolds, SpeakerGroups, Speakers

Division = Annotated[
    Speakers
    | SpeakerFolds
    | SpeakerGroups
    | LeaveOneOut
    | Crossed
    | RandomFolds
    | RandomSplit
    | ManifestSplit
    | Corpora,
    Field(discriminator="kind"),
]
