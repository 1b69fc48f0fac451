"""Many clients at a server: how many requests it answers, and how long each waits.

    python -m benchmarks.server_load RUN AUDIO... --clients 16 --seconds 60

Starts `featx serve` twice in turn, the second time with `--batch 1`, as a server would be that
predicts a request at a time. Each client sends a file, waits for the answer and sends the next.
Before that, a single client asks an idle server. Beside the time that passes stands the server's
processor time, which other work on the machine lengthens less.
"""

import argparse
import http.client
import itertools
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

LONE = 20  # requests of the client that has the server to itself


class Outcome(NamedTuple):
    """What clients saw."""

    seconds: list[float]  # that each answered request took
    errors: list[str]
    passed: float  # seconds in all
    spent: float  # seconds of the server's processor

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("audio", type=Path, nargs="+", help="files, sent in turn")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--batch", type=int, default=8)
    options = parser.parse_args()
    files = [path.read_bytes() for path in options.audio]
    rates = []
    for batch in (options.batch, 1):
        begin = time.perf_counter()
        with served(options.run, batch, options.clients) as server:
            print(f"--batch {batch}: listening after {time.perf_counter() - begin:.1f} s")
            lone = ask(server, files, 1, LONE)
            print(f"  idle server: {describe(lone)}")
            many = ask(server, files, options.clients, seconds=options.seconds)
            print(f"  {options.clients} clients for {many.passed:.0f} s: {describe(many)}")
            rates.append(many.rate)
    print(f"together over a request at a time: {rates[0] / rates[1]:.2f} times the requests")


def describe(outcome: Outcome) -> str:
    low, *_, high = statistics.quantiles(outcome.seconds, n=20)
    return (
        f"{len(outcome.errors)} errors, {len(outcome.seconds)} answers, {outcome.rate:.2f} a second"
        f"; median {statistics.median(outcome.seconds):.3f} s, 5th percentile {low:.3f} s, 95th"
        f" {high:.3f} s; {outcome.spent / len(outcome.seconds):.3f} s of the processor an answer"
        + "".join(f"\n    {error}" for error in sorted(set(outcome.errors))[:5])
    )


class Server(NamedTuple):
    """A server in a process of its own."""

    port: int
    process: psutil.Process


@contextmanager
def served(run: Path, batch: int, clients: int) -> Iterator[Server]:
    """Start a server."""
    limits = ["--requests-per-minute", "1000000", "--waiting", str(2 * clients)]
    command = [sys.executable, "-m", "featx", "serve", str(run), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--batch", str(batch), *limits], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+:(\d+)", line):
                yield Server(int(found[1]), psutil.Process(process.pid))
                break
        else:
            raise SystemExit("The server did not start.")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def ask(
    server: Server, files: list[bytes], clients: int, requests: int = 0, seconds: float = 0
) -> Outcome:
    """Let clients ask until each has made so many requests, or the time is over."""
    begin, before = time.perf_counter(), server.process.cpu_times()
    taken: list[float] = []
    errors: list[str] = []

    def work(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        for count, place in enumerate(itertools.count(number)):
            if count == requests if requests else time.perf_counter() - begin >= seconds:
                break
            sent = time.perf_counter()
            try:
                connection.request("POST", "/predict", files[place % len(files)])
                answer = connection.getresponse()
                content = answer.read()
            except OSError as error:
                errors.append(repr(error))
                connection.close()
                continue
            if answer.status == 200:
                taken.append(time.perf_counter() - sent)
            else:
                errors.append(content.decode())
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = server.process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return Outcome(taken, errors, time.perf_counter() - begin, spent)


if __name__ == "__main__":
    main()
