"""The folder of a checkpoint: which of a path's folders it is, and what it must hold."""

from collections.abc import Iterator
from pathlib import Path

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.fairseq.path import fairseq_file, fairseq_files
from featx.utils.text import listed

CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
PROCESSOR = "processor_config.json"  # where transformers 5 nests the preprocessor
CTRANSLATE2 = "model.bin"  # the weights of a CTranslate2 model
ENCODER = "encoder"  # where a fine-tuned model that is featx's alone keeps its encoder
ADAPTER = "adapter"  # where a fine-tuned model that has adapters alone keeps them
ADAPTER_WEIGHTS = "adapter_model.safetensors"
SAFETENSORS, PICKLED = "model.safetensors", "pytorch_model.bin"
INDEX = ".index.json"  # of weights in several files
WEIGHTS = (SAFETENSORS, SAFETENSORS + INDEX, PICKLED, PICKLED + INDEX)  # as transformers prefers
_OTHER_WEIGHTS = {  # what people have in place of them
    "tf_model.h5": "weights of TensorFlow",
    "flax_model.msgpack": "weights of Flax",
    ADAPTER_WEIGHTS: "a PEFT adapter without its encoder",
    f"{ADAPTER}/{ADAPTER_WEIGHTS}": "adapters that featx trained, without their encoder, with "
    "which featx predicts and exports, but does not extract",
    "adapter_model.bin": "a PEFT adapter without its encoder",
    "*.onnx": "an ONNX graph",
    "*.gguf": "weights of GGUF",
    "model-*-of-*.safetensors": f"parts of weights without {SAFETENSORS}{INDEX}",
    "pytorch_model-*-of-*.bin": f"parts of weights without {PICKLED}{INDEX}",
    "model.*.safetensors": f"a variant of the weights, which transformers takes as {SAFETENSORS}",
}
_STARTS = {  # of what is in a file's place
    b"version https://git-lfs": "a Git LFS pointer and not the file itself: `git lfs pull` in its "
    "repository fetches that",
    b"<!DOCTYPE": "a web page",
    b"<!doctype": "a web page",
    b"<html": "a web page",
}


def is_ctranslate2(folder: Path) -> bool:
    """Tell whether a folder holds a CTranslate2 model, whose config.json is another one."""
    return (folder / CTRANSLATE2).is_file()


def find_folder(given: Path) -> Path:
    """Return the folder with the files of a checkpoint.

    It is the folder given; or if that is a saved fine-tuned model, see `encoder_folder`; or if it
    is a file of fairseq, that; or if it is a repository of the Hub's cache, its snapshot; or if it
    holds a single checkpoint one folder deeper, that. A folder with none is returned as it is.

    Raises:
        FeatxError: if the folder holds several checkpoints.
    """
    given = encoder_folder(given)
    if _is_checkpoint(given):
        return given
    if (given / "snapshots").is_dir():
        return _snapshot(given)
    inner = [child for child in _folders(given) if _is_checkpoint(child) or _has_snapshots(child)]
    if len(inner) > 1:
        names = listed([child.name for child in inner])
        raise FeatxError(
            f"{given}: holds {len(inner)} checkpoints, {names}; give as `model` the folder of a "
            f"single one, such as {inner[0]}."
        )
    return find_folder(inner[0]) if inner else given


def encoder_folder(folder: Path) -> Path:
    """Return where a fine-tuned model's folder has its encoder: there, or in a folder of its own.

    The latter is so where plain transformers has no such model, see
    `featx.finetuning.saving.save.save_model`. Other folders are returned as they are.
    """
    inner = folder / ENCODER
    apart = (inner / CONFIG).is_file() and not any((folder / name).exists() for name in WEIGHTS)
    return inner if apart else folder


def check_folder(folder: Path) -> Path:
    """Return the folder if it holds what an encoder needs.

    Raises:
        FeatxError: says what it lacks, and what there is in its place.
    """
    absent = absent_files(folder)
    several = fairseq_files(folder)
    if len(several) > 1:
        raise FeatxError(
            f"{folder}: holds several checkpoints of fairseq; give the file of one as `model`, "
            f"such as {several[0]}."
        )
    if absent:
        raise FeatxError(
            f"{folder}: not a complete checkpoint, it lacks {' and '.join(absent)}."
            f"{_other_weights(folder)} Save one with model.save_pretrained(folder) and "
            "feature_extractor.save_pretrained(folder)."
        )
    return folder


def absent_files(folder: Path) -> list[str]:
    """Return the files that an encoder needs and the folder lacks.

    How waveforms are prepared need not be there, as there are published values of each family.
    """
    if is_ctranslate2(folder) or fairseq_file(folder):
        return []  # that file says it all
    absent = [] if (folder / CONFIG).is_file() else [CONFIG]
    if not any((folder / name).is_file() for name in WEIGHTS):
        absent.append(f"{SAFETENSORS} or {PICKLED}")
    return absent


def mistaken_for(path: Path) -> str:
    """Say what is in a file's place if it is not the file at all; else ""."""
    with path.open("rb") as file:
        start = file.read(64)
    if not start:
        return "an empty file"
    return next((what for sign, what in _STARTS.items() if start.startswith(sign)), "")


def _other_weights(folder: Path) -> str:
    """Say what weights a folder holds in place of those that can be read; else ""."""
    found = [
        f"{path.name}, {what}"
        for pattern, what in _OTHER_WEIGHTS.items()
        for path in sorted(folder.glob(pattern))[:1]
    ]
    return f" It holds {'; '.join(found)}." if found else ""


def _is_checkpoint(folder: Path) -> bool:
    there = any((folder / name).is_file() for name in (CONFIG, CTRANSLATE2, *WEIGHTS))
    return there or fairseq_file(folder) is not None


def _has_snapshots(folder: Path) -> bool:
    return folder.name.startswith("models--") and (folder / "snapshots").is_dir()


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(child for child in folder.iterdir() if child.is_dir())


def _snapshot(repository: Path) -> Path:
    """Return the snapshot of a repository's main branch, or the only one there is.

    Raises:
        FeatxError: if there is none, or the main branch is none of several.
    """
    snapshots = {child.name: child for child in _folders(repository / "snapshots")}
    main = repository / "refs" / "main"
    commit = main.read_text("utf-8", "replace").strip() if main.is_file() else ""
    if commit in snapshots:
        return snapshots[commit]
    if len(snapshots) != 1:
        raise FeatxError(
            f"{repository}: holds {len(snapshots)} snapshots of a Hub repository, and refs/main "
            "names none of them. Give as `model` the folder of one."
        )
    return next(iter(snapshots.values()))
