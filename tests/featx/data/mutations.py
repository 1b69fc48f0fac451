"""Audio files damaged at random, and what featx makes of them.

    python tests/featx/data/mutations.py COUNT SEED FOLDER

prints as JSON how many were decoded as the original, with the damaged bytes alone changed, as what
their changed header says where the format says it once, or were listed; what went wrong; and how
much memory the process took beyond what it began with.
"""

import io
import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from featx.data.audio import AudioError, read_audio, read_channels

FORMATS = {  # ending: libsndfile's format and its types
    "wav": ("WAV", ("PCM_16", "PCM_24", "FLOAT", "ULAW")),
    "flac": ("FLAC", ("PCM_16", "PCM_24")),
    "mp3": ("MP3", ("MPEG_LAYER_III",)),
    "ogg": ("OGG", ("VORBIS", "OPUS")),
    "aiff": ("AIFF", ("PCM_16", "PCM_24", "FLOAT")),
    "au": ("AU", ("PCM_16", "FLOAT", "ALAW")),
}
RATES = (8_000, 16_000, 22_050, 44_100, 48_000)
SLOW = 5.0  # seconds for a file of at most 3 s
SPREAD = 6 * 1152  # samples that a changed bit of an MP3 can reach: frames lend each other bits
SAID_ONCE = ("au", "aiff")  # formats whose headers say the rate, or the channels, only once


@dataclass(frozen=True)
class Original:
    """A file before it is damaged."""

    ending: str
    content: bytes
    samples: np.ndarray
    rate: int


def make_original(chance: random.Random, folder: Path) -> Original:
    """Write noise in a format, as long and as wide as chance will have it."""
    ending = chance.choice(list(FORMATS))
    form, subtypes = FORMATS[ending]
    subtype, rate = chance.choice(subtypes), chance.choice(RATES)
    rate = 16_000 if subtype == "OPUS" else rate
    shape = int(rate * chance.uniform(0.5, 2)), chance.choice((1, 1, 2))
    noise = 0.1 * np.random.default_rng(chance.randrange(2**32)).standard_normal(shape)
    written = io.BytesIO()
    soundfile.write(written, noise, rate, subtype, format=form)
    path = folder / f"original.{ending}"
    path.write_bytes(written.getvalue())
    return Original(ending, written.getvalue(), read_channels(path)[0], rate)


def cut(content: bytearray, chance: random.Random) -> int:
    """Leave out the end."""
    del content[chance.randrange(len(content)) :]
    return 0


def cut_a_little(content: bytearray, chance: random.Random) -> int:
    """Leave out the last bytes, as many as headers have, or fewer."""
    del content[len(content) - chance.choice((1, 2, 8, 36, 44, 100)) :]
    return 0


def flip(content: bytearray, chance: random.Random) -> int:
    """Change up to three bits anywhere."""
    count = chance.choice((1, 1, 3))
    for _ in range(count):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return count


def change_header(content: bytearray, chance: random.Random) -> int:
    """Change a byte among the first, where sizes, rates and channels are."""
    at = chance.randrange(min(64, len(content)))
    content[at] = chance.choice((0, 1, 255, chance.randrange(256), content[at] ^ 1))
    return 1


def insert(content: bytearray, chance: random.Random) -> int:
    """Put bytes in between."""
    at = chance.randrange(len(content))
    content[at:at] = chance.randbytes(chance.randrange(1, 400))
    return 0


def delete(content: bytearray, chance: random.Random) -> int:
    """Take bytes out."""
    at = chance.randrange(len(content))
    del content[at : at + chance.choice((1, 36, 44, chance.randrange(1, 4000)))]
    return 0


def erase(content: bytearray, chance: random.Random) -> int:
    """Make bytes zero, as a disk does that lost a sector."""
    at, count = chance.randrange(len(content)), chance.randrange(1, 512)
    content[at : at + count] = bytes(len(content[at : at + count]))
    return count


def append(content: bytearray, chance: random.Random) -> int:
    """Put bytes at the end."""
    content += chance.randbytes(chance.randrange(1, 4000))
    return 0


def join(content: bytearray, chance: random.Random) -> int:
    """Put the file behind itself."""
    content += bytes(content)
    return 0


def rename(content: bytearray, chance: random.Random) -> int:
    """Leave the content as it is: the name changes."""
    return 0


MUTATIONS: tuple[Callable[[bytearray, random.Random], int], ...] = (
    cut, cut_a_little, flip, change_header, change_header, insert, delete, erase, append, join,
    rename,
)  # fmt: skip


def judge(original: Original, path: Path, touched: int) -> str:
    """Say what became of a file: "listed", or how it was decoded; or what is wrong.

    Args:
        original: what it was.
        path: the damaged file.
        touched: how many bytes were changed in their place.
    """
    try:
        samples, rate = read_channels(path)
        read_audio(path)
    except AudioError as error:
        fine = str(error).startswith(f"{path}: ") and len(str(error)) > len(f"{path}: ") + 10
        return "listed" if fine else f"wrong: no sentence: {error}"
    except Exception as error:
        return f"wrong: {type(error).__name__}: {error}"
    before = original.samples
    if samples.size < before.size:
        return f"wrong: {samples.shape} at {rate} Hz, was {before.shape} at {original.rate} Hz"
    if samples.shape != before.shape or rate != original.rate:
        known = original.ending in SAID_ONCE and samples.size == before.size
        longer = samples.shape[1] == before.shape[1] and rate == original.rate
        return "as its header says" if known or longer else f"wrong: {samples.shape}, {rate} Hz"
    changed = np.count_nonzero((samples != before).any(1))
    reach = SPREAD if original.ending == "mp3" else 1
    if changed > touched * reach:
        return f"wrong: {changed} samples changed by {touched} bytes"
    return "changed where damaged" if changed else "equal"


def examine(count: int, seed: int, folder: Path) -> dict[str, object]:
    """Damage files and judge them; return counts by format, and what went wrong."""
    chance = random.Random(seed)
    counts: dict[str, Counter[str]] = {ending: Counter() for ending in FORMATS}
    wrong: list[str] = []
    for number in range(count):
        original = make_original(chance, folder)
        mutate = chance.choice(MUTATIONS)
        content = bytearray(original.content)
        touched = mutate(content, chance)
        ending = chance.choice(list(FORMATS)) if mutate is rename else original.ending
        path = folder / f"{number}.{ending}"
        path.write_bytes(content)
        begin = time.perf_counter()
        result = judge(original, path, touched)
        if time.perf_counter() - begin > SLOW:
            result = f"wrong: took {time.perf_counter() - begin:.1f} s"
        if result.startswith("wrong"):
            wrong.append(f"{number} {original.ending} {mutate.__name__}: {result}")
        counts[original.ending][result.partition(":")[0]] += 1
        path.unlink()
    return {"counts": counts, "wrong": wrong}


def memory() -> int:
    """Return the most megabytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    examine(20, 12345, Path(sys.argv[3]))  # what is imported on the way does not count
    before = memory()
    found = examine(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
    print(json.dumps({**found, "megabytes": memory() - before}))
