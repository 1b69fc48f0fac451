"""The choices of a corpus by name, for configs and the command line."""

from typing import Literal

CorpusName = Literal[
    "ravdess", "iemocap", "emodb", "crema-d", "tess", "savee", "meld", "msp-podcast",
    "msp-improv", "esd", "emovo", "shemo", "jl-corpus", "aesdd", "cafe", "nemo", "asvp-esd",
    "urdu", "subesco", "mesd", "emouerj", "audformat", "huggingface", "kaldi", "folder",
]  # fmt: skip
"""The corpora that can be read; "folder" is any audio sorted into one folder a label."""

Channel = Literal["speech", "song", "both"]
"""The vocal channels of RAVDESS."""

Scenario = Literal["improvised", "scripted", "both"]
"""The kinds of dialog in IEMOCAP."""

LabelSource = Literal["acted", "voice", "audiovisual"]
"""The labels of CREMA-D: what was acted, or what raters perceived of the voice or of all."""
