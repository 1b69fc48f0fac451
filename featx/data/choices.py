"""The choices of a corpus by name, for configs and the command line."""

from typing import Literal

CorpusName = Literal["ravdess", "iemocap", "emodb", "folder", "csv"]
"""The corpora that can be read; "folder" is any audio sorted into one folder a label, "csv" any
table of audio files."""

Channel = Literal["speech", "song", "both"]
"""The vocal channels of RAVDESS."""

Scenario = Literal["improvised", "scripted", "both"]
"""The kinds of dialog in IEMOCAP."""
