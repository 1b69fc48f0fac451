"""The choices of a search by name, for configs and the command line."""

from featx.fitting.choices import WITH_CONFIG as OF_FITS

WITH_CONFIG = OF_FITS - {"final"}
"""The arguments that can be given beside an earlier config."""
