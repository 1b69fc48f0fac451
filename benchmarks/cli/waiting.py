"""How long threads spin while they wait for each other: libgomp's default against featx's 2,000.

Encodes the same seconds of noise with an encoder of wav2vec2-base's size (random weights), in turn
with either, alone and beside one process that keeps a core busy.
"""

import os
import statistics
import subprocess
import sys

SECONDS = 4  # of audio
RUNS = 5
ENCODE = f"""
import time, torch
from transformers import Wav2Vec2Config, Wav2Vec2Model
model = Wav2Vec2Model(Wav2Vec2Config()).eval()
audio = torch.randn(1, {SECONDS} * 16_000)
with torch.inference_mode():
    model(audio)
    begin = time.perf_counter()
    model(audio)
print(time.perf_counter() - begin)
"""


def encode(spins: str | None) -> float:
    """Return the seconds that one forward takes."""
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    if spins:
        environment["GOMP_SPINCOUNT"] = spins
    command = [sys.executable, "-c", ENCODE]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(done.stdout)


def main() -> None:
    for busy in (False, True):
        load = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
        times: dict[str | None, list[float]] = {None: [], "2000": []}
        for _ in range(RUNS):
            for spins, taken in times.items():
                taken.append(encode(spins))
        if load:
            load.kill()
        default, short = (statistics.median(taken) for taken in times.values())
        place = "one core busy" if busy else "idle"
        print(
            f"{place}: default {default / SECONDS:.3f}, 2,000 spins {short / SECONDS:.3f} s per "
            f"second of audio; ratio of medians {default / short:.2f}"
        )


if __name__ == "__main__":
    main()
