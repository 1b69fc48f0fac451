"""Files of fairseq as data: weights and settings are read, and no code of theirs is run."""

import pickletools
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import IO, Any, TypeVar

import torch
from torch import Tensor

from featx.errors import FeatxError
from featx.utils.text import first_line

# classes that fairseq's files name beside tensors: settings, vocabularies, numbers
_HELD = ("argparse", "fairseq", "numpy", "omegaconf", "pathlib", "sentencepiece", "typing")
_TYPES = {  # named in settings
    f"builtins.{kind}"
    for kind in ("bool", "dict", "float", "int", "list", "object", "str", "tuple")
}
_MADE = ("_codecs.encode", "builtins.set", "collections.Counter", "collections.OrderedDict")
_PARTS = 4  # pickles in a file that is no archive: magic number, version, machine, contents
_DEEP = 4  # objects that may wrap a value of the settings
Kind = TypeVar("Kind", bool, int, str)


class StandIn:
    """Keeps what a file says of an object, whose class is never imported."""

    arguments: tuple[object, ...]
    state: object = None

    def __new__(cls, *arguments: object) -> "StandIn":
        """Keep what the object was made of; unpickling may call nothing else."""
        made = super().__new__(cls)
        made.arguments = arguments
        return made

    def __setstate__(self, state: object) -> None:
        """Keep the state that the object had."""
        self.state = state

    @property
    def content(self) -> object:
        """The value of a node of omegaconf, the attributes of a namespace, or an enum's value."""
        if isinstance(self.state, Mapping):
            nodes = ("_content", "_val")
            return next((self.state[name] for name in nodes if name in self.state), self.state)
        return self.arguments[0] if self.arguments else None


@dataclass(frozen=True)
class FairseqFile:
    """What a checkpoint of fairseq holds.

    Attributes:
        path: the file.
        weights: by the names that they have there.
        settings: tables of what was set, the pretrained model's before its fine-tuning's.
    """

    path: Path
    weights: Mapping[str, Tensor]
    settings: tuple[Mapping[str, Any], ...]

    def setting(self, name: str, kind: type[Kind]) -> Kind | None:
        """Return the first value of a setting that is of its kind; None if there is none."""
        for table in self.settings:
            value = _unwrapped(table.get(name))
            if type(value) is kind:
                return value
        return None


def read_fairseq_file(path: Path) -> FairseqFile:
    """Read a file of fairseq, or s3prl's copy of it.

    Of its objects only tensors are made. Classes of settings and the like are replaced by
    `StandIn`, and a file that names others is refused.

    Args:
        path: the file.

    Raises:
        FeatxError: if it can't be read as data alone, or is no such checkpoint.
    """
    state = _load(path)
    if not isinstance(state, Mapping):
        raise FeatxError(f"{path}: no checkpoint of fairseq, but a {type(state).__name__}.")
    weights = state.get("model", state.get("model_weight"))  # the latter is s3prl's
    if not isinstance(weights, Mapping):
        raise FeatxError(_not_fairseq(path, state))
    named = {str(name): value for name, value in weights.items() if isinstance(value, Tensor)}
    for name, value in named.items():
        if not _is_held(value):
            raise FeatxError(f"{path}: {name[:80]} claims more values than the file holds of it.")
    return FairseqFile(path, named, tuple(_tables(state)))


def _is_held(weight: Tensor) -> bool:
    """Tell whether all values of a weight are in the file, not one for many or none at all."""
    if weight.layout is not torch.strided or weight.device.type != "cpu" or weight.is_quantized:
        return False
    return weight.numel() * weight.element_size() <= weight.untyped_storage().nbytes()


def _not_fairseq(path: Path, state: Mapping[Any, Any]) -> str:
    if {"dims", "model_state_dict"} <= set(state):
        return (
            f"{path}: a Whisper as OpenAI's own package keeps it. Take the same model in the form "
            "of transformers or CTranslate2, such as `model='openai/whisper-tiny.en'`."
        )
    keys = ", ".join(map(str, list(state)[:8]))[:200]
    return (
        f"{path}: no checkpoint of fairseq, which has its weights under model; this has {keys}. "
        "Of transformers' models give the folder that `save_pretrained` wrote."
    )


def _load(path: Path) -> Any:
    try:
        stand_ins: list[Any] = [(StandIn, name) for name in _named_classes(path)]
        mapped = zipfile.is_zipfile(path)  # the older form can only be read in full
        with torch.serialization.safe_globals(stand_ins):
            return torch.load(path, "cpu", weights_only=True, mmap=mapped)
    except FeatxError:
        raise
    except UnpicklingError as error:  # of what is no weight
        reason = str(error).rpartition("WeightsUnpickler error: ")[2].split(" Please use")[0]
        raise FeatxError(
            f"{path}: can't be read as weights and settings alone ({reason.strip()}).\n"
            f"{_cure(path)}"
        ) from error
    except Exception as error:  # whatever a damaged file raises
        raise FeatxError(
            f"{path}: can't be read as a checkpoint of fairseq ({first_line(error)}). It may be "
            "damaged, or something else under this name; fetch it again."
        ) from error


def _cure(path: Path) -> str:
    return (
        "  If you trust it, this leaves just its weights in a file that can be read, but runs what "
        "the file says:\n"
        f"    python -c \"import torch; s = torch.load('{path.name}', weights_only=False); "
        "torch.save({'model': s['model']}, 'weights.pt')\""
    )


def _named_classes(path: Path) -> set[str]:
    """Return the classes that a file names and stand-ins are for.

    Raises:
        FeatxError: if it names something that is neither such a class nor torch's.
    """
    found = set()
    for name in _names(path):
        module, _, attribute = name.partition(" ")
        root = module.split(".")[0]
        full = f"{module}.{attribute}".replace("__builtin__.", "builtins.")
        if root in _HELD or full in _TYPES:
            found.add(full)
        elif root != "torch" and full not in _MADE:
            raise FeatxError(
                f"{path}: names {full[:80]}, which is neither weights nor a setting, and may be "
                f"code. Nothing of it was run.\n{_cure(path)}"
            )
    return found


def _names(path: Path) -> Iterator[str]:
    """Yield what a file's pickles name of modules, as in "argparse Namespace"."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.compress_type != zipfile.ZIP_STORED:  # may be enormous; torch has none
                    raise FeatxError(f"{path}: compressed, as no checkpoint of torch is.")
                if member.filename.endswith("/data.pkl"):
                    with archive.open(member) as file:
                        yield from _globals(file)
        return
    with path.open("rb") as whole:
        for _ in range(_PARTS):
            yield from _globals(whole)


def _globals(file: IO[bytes]) -> Iterator[str]:
    for operation, argument, _ in pickletools.genops(file):
        if operation.name in ("GLOBAL", "INST"):
            yield str(argument)


def _tables(state: Mapping[Any, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every table of settings, those of the pretrained model first.

    A fine-tuned model has the settings of the one that it began as in `w2v_args`.
    """
    roots = [_table(state.get(name)) for name in ("cfg", "args")]
    roots.append({"model": state.get("model_cfg"), "task": state.get("task_cfg")})
    for root in roots:
        model = _table(root.get("model"))
        for outer in (model, root):
            began = _table(outer.get("w2v_args"))
            yield from (_table(began.get("model")), _table(began.get("task")), began)
        yield from (model, _table(root.get("task")), root)


def _table(value: object) -> Mapping[str, Any]:
    unwrapped = _unwrapped(value)
    return unwrapped if isinstance(unwrapped, Mapping) else {}


def _unwrapped(value: object) -> object:
    for _ in range(_DEEP):
        if not isinstance(value, StandIn):
            break
        value = value.content
    return value
