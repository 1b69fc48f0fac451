"""The corpora that can be listed in a manifest."""

from collections.abc import Callable
from dataclasses import dataclass

from featx.data.corpora.emodb import find_emodb
from featx.data.corpora.files import Found
from featx.data.corpora.folder import find_folder
from featx.data.corpora.iemocap import find_iemocap
from featx.data.corpora.ravdess import find_ravdess


@dataclass(frozen=True)
class Corpus:
    """How to read one corpus.

    Attributes:
        find: takes the root folder and the options by name.
        options: those that `find` takes; labels can be chosen and merged in every corpus.
    """

    find: Callable[..., Found]
    options: tuple[str, ...] = ()


CORPORA = {
    "ravdess": Corpus(find_ravdess, ("channel",)),
    "iemocap": Corpus(find_iemocap, ("scenario",)),
    "emodb": Corpus(find_emodb),
    "folder": Corpus(find_folder, ("speaker",)),
}
