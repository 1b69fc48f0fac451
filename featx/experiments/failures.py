"""Which errors fail a part of an experiment, and no more."""

from safetensors import SafetensorError

from cache import StoreError
from featx.encoders.devices import is_out_of_memory
from featx.errors import FeatxError, Interrupted


def explain(error: Exception) -> str:
    """Say why a part failed.

    Returns:
        Nothing for Ctrl-C, and for what is no fault of a part's input or of the machine.
    """
    if isinstance(error, Interrupted):
        return ""
    if isinstance(error, FeatxError | StoreError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'input or output'}: {error.strerror or error}"
    lacks_memory = isinstance(error, RuntimeError) and is_out_of_memory(error)
    if lacks_memory or isinstance(error, MemoryError):
        return "out of memory; smaller batches take less, and so does another device"
    return f"a model could not be written; is the disk full? ({error})" if _unwritten(error) else ""


def _unwritten(error: Exception) -> bool:
    """Tell whether a model could not be written, for which its writers have errors of their own."""
    if isinstance(error, SafetensorError):
        return "I/O error" in str(error)
    said_by_torch = any(words in str(error) for words in ("inline_container", "iostream error"))
    return isinstance(error, RuntimeError) and said_by_torch
