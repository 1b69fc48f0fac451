"""The Hugging Face Hub, and weights that are here already."""

import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

from featx.diagnosis.check import Check

PATIENCE = 3.0  # seconds
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_EXAMPLE = "featx models --fetch whisper-tiny.en"


def check_hub() -> Iterator[Check]:
    """Check whether the Hub can be asked for weights."""
    from huggingface_hub import get_token
    from huggingface_hub.constants import ENDPOINT, HF_HUB_OFFLINE

    token = "a token" if get_token() else "no token, which only gated models need"
    if HF_HUB_OFFLINE:
        names = " and ".join(name for name in OFFLINE if os.environ.get(name)) or "its setting"
        found, cure = f"not asked, by {names}; {token}", f"unset {' '.join(OFFLINE)}"
        yield Check("Hub", found, "warning", f"{cure}, to download weights")
        return
    reason = _ask(ENDPOINT)
    if reason:
        cure = "Check the network, proxies (HTTPS_PROXY) and HF_ENDPOINT. What is here works."
        yield Check("Hub", f"{ENDPOINT} does not answer: {reason}; {token}", "warning", cure)
    else:
        yield Check("Hub", f"{ENDPOINT} answers; {token}")


def check_weights() -> Iterator[Check]:
    """Name the encoders whose weights are on this machine."""
    from featx.features.encoders.checkpoints.find import is_here
    from featx.features.encoders.checkpoints.registry import read_registry

    here = [name for name in read_registry() if is_here(name)]
    if here:
        yield Check("weights", f"here: {', '.join(here)}")
    else:
        yield Check("weights", "none of the encoders with a short name is here", "ok", _EXAMPLE)


def _ask(endpoint: str) -> str:
    """Return why a server does not answer within some seconds; empty if it does."""
    reasons = [f"nothing within {PATIENCE:g} s"]  # finding its address can take longer

    def ask() -> None:
        request = urllib.request.Request(endpoint, method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE):
                reasons.append("")
        except urllib.error.HTTPError:  # an answer
            reasons.append("")
        except (OSError, ValueError) as error:
            reasons.append(str(getattr(error, "reason", error)))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return reasons[-1]
