"""Threads that spin against threads that sleep while they wait, on an idle and a busy machine.

Encodes the same seconds of noise with an encoder of wav2vec2-base's size (random weights) under
OMP_WAIT_POLICY active and passive, in turn, alone and beside one process that keeps a core busy.
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


def encode(policy: str) -> float:
    """Return the seconds that one forward takes."""
    environment = {**os.environ, "OMP_WAIT_POLICY": policy}
    command = [sys.executable, "-c", ENCODE]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(done.stdout)


def main() -> None:
    for busy in (False, True):
        load = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
        times: dict[str, list[float]] = {"ACTIVE": [], "PASSIVE": []}
        for _ in range(RUNS):
            for policy, taken in times.items():
                taken.append(encode(policy))
        if load:
            load.kill()
        active, passive = (statistics.median(taken) for taken in times.values())
        place = "one core busy" if busy else "idle"
        print(
            f"{place}: spinning {active / SECONDS:.3f}, sleeping {passive / SECONDS:.3f} s per "
            f"second of audio; median ratio {active / passive:.2f}"
        )


if __name__ == "__main__":
    main()
