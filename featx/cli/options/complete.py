"""The values that the shell offers at the Tab key: names that need neither torch nor a network."""

from collections.abc import Callable, Iterable
from typing import get_args

from featx.data.choices import CorpusName
from featx.fitting.choices import head_names


def _offer(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return complete


def _shipped(folder: str) -> list[str]:
    from featx.utils.config import shipped_names

    return shipped_names(folder)


def _encoders() -> list[str]:
    from featx.features.encoders.checkpoints.registry import read_registry

    return list(read_registry())


def _models() -> list[str]:
    from featx.features.acoustic.settings import read_acoustic

    return [*_encoders(), *read_acoustic()]


complete_encoder = _offer(_encoders)
complete_model = _offer(_models)
complete_head = _offer(head_names)
complete_protocol = _offer(lambda: _shipped("protocols"))
complete_space = _offer(lambda: _shipped("spaces"))
complete_corpus = _offer(lambda: get_args(CorpusName))
complete_mapping = _offer(lambda: _shipped("labels"))
complete_paper = _offer(lambda: _shipped("papers"))
