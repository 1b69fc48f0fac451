"""Files that hold less than their sample rate promises, and corpora of several rates."""

from collections import Counter
from collections.abc import Sequence

from featx.data.checks.finding import Finding
from featx.data.checks.sounds.heard import Heard, amount, names
from featx.data.checks.sounds.silence import is_silent
from featx.utils.text import counted, listed

NARROW = 7000.0  # Hz: filters of resamplers and microphones end above
SHORTEST = 1.0  # s: in less there may be no fricative, which alone fills the upper band
_FILTER = 500.0  # Hz under half the rate that a resampler's filter may take


def check_bandwidth(heard: Sequence[Heard]) -> list[Finding]:
    """Find utterances that hold nothing in their upper band, and name the sample rates."""
    audible = [i for i in heard if not is_silent(i.sound) and i.sound.seconds >= SHORTEST]
    narrow = [item for item in audible if item.sound.bandwidth <= NARROW]
    findings = _check_rates(heard)
    if narrow and len(narrow) == len(audible):
        text = f"Nothing above {_edges(narrow)} in any utterance.{_hidden(narrow)}"
        findings.insert(0, Finding("bandwidth", "note", text))
    elif narrow:
        text = (
            f"Nothing above {_edges(narrow)} in {amount(narrow, heard)}.{_hidden(narrow)} Models "
            "can tell such recordings by it: see that it goes with no label and no part."
        )
        findings.insert(0, Finding("bandwidth", "warning", text, names(narrow)))
    return findings


def _edges(narrow: Sequence[Heard]) -> str:
    """Return "4 kHz", or "4 kHz (12), 5.5 kHz (3)" where there are several."""
    counts = Counter(f"{item.sound.bandwidth / 1000:g} kHz" for item in narrow).most_common()
    return counts[0][0] if len(counts) == 1 else listed([f"{e} ({n:,})" for e, n in counts])


def _hidden(narrow: Sequence[Heard]) -> str:
    hidden = sum(item.sound.bandwidth + _FILTER < item.sound.rate / 2 for item in narrow)
    return f" The sample rate of {counted(hidden, 'file')} promises more." if hidden else ""


def _check_rates(heard: Sequence[Heard]) -> list[Finding]:
    rates = Counter(item.sound.rate for item in heard).most_common()
    if len(rates) < 2:
        return []
    found = listed([f"{rate:,} Hz ({count:,})" for rate, count in rates], 6)
    others = [item for item in heard if item.sound.rate != rates[0][0]]
    text = (
        f"Files have {len(rates)} sample rates: {found}; not the first in {amount(others, heard)}."
    )
    return [Finding("sample rate", "note", text, names(others))]
