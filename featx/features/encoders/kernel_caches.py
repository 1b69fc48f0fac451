"""How many kernels oneDNN keeps on a processor for shapes that may come again."""

import math
import os

from featx.utils.machine import usable_cores

# In half precision a batch needs a dozen for each length of its utterances, in steps of 8 frames,
# and a few for all of them together; the next batch may have other lengths.
A_CORE = 256
MOST = 1024  # as many as oneDNN keeps by itself


def bound_caches() -> None:
    """Keep fewer kernels than torch and oneDNN would: 1,024 each, most of which never come again.

    Both read their setting once, before their first kernel. What the user has set stays.
    """
    os.environ.setdefault("LRU_CACHE_CAPACITY", str(A_CORE))  # of torch's own cache
    together = min(MOST, A_CORE * math.ceil(usable_cores()))
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(together))
