"""Resample three seconds from many rates: memory, time, and how far the two resamplers differ.

    python -m benchmarks.data.resampling

Each rate is resampled in a process of its own, whose memory is what it takes beyond that of a
process that resamples nothing. The difference is that of soxr's from torchaudio's output, in dB
relative to the output, for pink noise, which has as much in each octave as speech roughly has: as
a whole, and below 6 kHz, where both filters pass everything. Torchaudio is not asked where its
table would take more than a gigabyte.
"""

import json
import subprocess
import sys

import numpy as np

from featx.data import resample as resampling

RATES = (8_000, 11_025, 12_345, 16_001, 22_050, 22_254, 24_000, 32_000, 44_056, 44_100, 47_952,
         48_000, 96_000, 192_000, 383_999)  # fmt: skip
SECONDS = 3
TARGET = 16_000
FEASIBLE = 1 << 27  # numbers in torchaudio's table
PASSED = 6_000  # Hz

_CHILD = """
import json, resource, sys, time
import numpy as np
from featx.data import resample as resampling
rate, function = int(sys.argv[1]), sys.argv[2]
wave = np.random.default_rng(0).standard_normal(3 * rate).astype(np.float32)
getattr(resampling, function)(wave[:64], 8_000, 16_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.perf_counter()
getattr(resampling, function)(wave, rate, 16_000)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([(after - before) / 1024, time.perf_counter() - begin]))
"""


def main() -> None:
    print(f"{'Hz':>7}  {'table':>10}  by          MB      s   differ, dB   below 6 kHz")
    for rate in RATES:
        table = resampling.filter_size(rate, TARGET)
        by = "torchaudio" if table <= resampling._LARGEST else "soxr"
        memory, seconds = measure(rate, "resample")
        print(f"{rate:>7}  {table:>10,}  {by:<10} {memory:>5.0f}  {seconds:>5.2f}  ", end="")
        print("{:>10}  {:>10}".format(*differ(rate, table)))


def measure(rate: int, function: str) -> tuple[float, float]:
    """Return megabytes and seconds that resampling from a rate takes."""
    command = [sys.executable, "-c", _CHILD, str(rate), function]
    return tuple(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def differ(rate: int, table: int) -> tuple[str, str]:
    """Return how far soxr's output is from torchaudio's, as a whole and below 6 kHz."""
    if table > FEASIBLE:
        return "", ""
    wave = pink(rate * SECONDS)
    length = TARGET * SECONDS
    ours = resampling._by_torchaudio(wave, rate, TARGET)[:length]
    theirs = resampling._by_soxr(wave, rate, TARGET)[:length]
    middle = slice(TARGET // 10, -TARGET // 10)  # both see silence beyond the ends
    spectra = [np.fft.rfft(w[middle] * np.hanning(len(w[middle]))) for w in (ours, theirs)]
    passed = np.fft.rfftfreq(len(ours[middle]), 1 / TARGET) < PASSED
    whole, below = (
        f"{decibels(spectra[0][band] - spectra[1][band], spectra[0][band]):.1f}"
        for band in (slice(None), passed)
    )
    return whole, below


def pink(samples: int) -> np.ndarray:
    """Return noise with as much power in each octave, (samples,) float32."""
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(samples))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    wave = np.fft.irfft(spectrum, samples)
    noise: np.ndarray = (0.1 * wave / wave.std()).astype(np.float32)
    return noise


def decibels(difference: np.ndarray, of: np.ndarray) -> float:
    """Return the power of a difference relative to that of what it is of."""
    return float(10 * np.log10((np.abs(difference) ** 2).sum() / (np.abs(of) ** 2).sum()))


if __name__ == "__main__":
    main()
