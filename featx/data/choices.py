"""The choices of a corpus by name, for configs and the command line."""

from typing import Literal

CorpusName = Literal[
    "ravdess", "iemocap", "emodb", "meld", "msp-podcast", "msp-improv", "esd",
    "audformat", "huggingface", "kaldi", "folder",
]  # fmt: skip
"""The corpora that can be read; "folder" is any audio sorted into one folder a label."""

Channel = Literal["speech", "song", "both"]
"""The vocal channels of RAVDESS."""

Scenario = Literal["improvised", "scripted", "both"]
"""The kinds of dialog in IEMOCAP."""
