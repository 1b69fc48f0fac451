"""Where a checkpoint of fairseq may be: a single file, with or without a folder of its own."""

from pathlib import Path

ENDING = ".pt"
# of transformers and CTranslate2, which are read instead: a training leaves optimizer.pt with them
_OTHERS = ("config.json", "model.bin", "model.safetensors", "pytorch_model.bin")


def fairseq_file(path: Path) -> Path | None:
    """Return a checkpoint of fairseq: a file .pt, or the only one of a folder with no other model.

    Args:
        path: a file or a folder, which need not be there.
    """
    if path.is_file():
        return path if path.suffix == ENDING else None
    files = fairseq_files(path)
    return files[0] if len(files) == 1 else None


def fairseq_files(folder: Path) -> list[Path]:
    """Return the files that may be checkpoints of fairseq in a folder with no other model."""
    if any((folder / name).exists() for name in _OTHERS):
        return []
    return sorted(path for path in folder.glob(f"*{ENDING}") if path.is_file())


def is_local(model: str) -> bool:
    """Tell whether a model is one of this machine: a folder, or a file of fairseq."""
    path = Path(model)
    return path.is_dir() or fairseq_file(path) is not None
