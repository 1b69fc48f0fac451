"""The formats of exports by name, for the command line."""

from typing import Literal

Format = Literal["npy", "h5", "parquet", "kaldi", "audformat"]
"""The formats that features are exported to."""
