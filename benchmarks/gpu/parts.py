"""The parts of the checklist: in which order, for how long, and where each is."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.gpu.setting import Setting

# What a part yields has the names of `report.EXTRACTION`; or "what", "figure", "unit" and perhaps
# "remark"; or "check", "passed" and "seen"; or "failed". Of `machine` any name is shown.
Figure = Mapping[str, Any]
SHARES = {  # seconds of a part at most, in the order in which they are run
    "machine": 40,
    "exactness": 60,
    "extract:base": 70,
    "fit": 70,
    "finetune": 75,
    "commands": 70,
    "extract:whisper-large-v3": 80,
    "extract:large": 70,
    "profile": 45,
    "tests": 60,
    "extract:1b": 90,
    "extract:whisper-tiny": 40,
    "devices": 45,
}
# The files of parts that have another name than their function.
HOMES = {
    "extract": "extraction",
    "profile": "extraction",
    "fit": "fitting",
    "finetune": "finetuning",
    "tests": "own_tests",
}


def find_part(part: str) -> Callable[["Setting"], Iterator[Figure]]:
    """Return what a part runs; whatever it needs is imported here, and can be missing."""
    kind, _, model = part.partition(":")
    function = getattr(import_module(f"benchmarks.gpu.{HOMES.get(kind, kind)}"), kind)
    return partial(function, size=model) if model else function
