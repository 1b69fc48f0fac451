"""All that is to be known of featx on a GPU, in one command of at most ten minutes.

    python -m benchmarks.gpu --out gpu                       # on a machine with a card
    python -m benchmarks.gpu --out gpu --device cpu --quick  # a rehearsal with tiny models

Weights are random and of the published sizes, audio is that of RAVDESS where FEATX_DATA is set and
else noise of the same lengths: neither changes how long anything takes. `parts.py` lists the parts;
each has a share of the time (`running.py`). A figure is in OUT/figures.jsonl as soon as it is
known; when a part ends, its tables are printed, and OUT/figures.md has those of all before it.
Whatever is stopped or breaks leaves them. OUT/log.txt has what was said meanwhile.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.gpu.parts import SHARES
from benchmarks.gpu.report import Report
from benchmarks.gpu.running import Options, missing_packages, run_all, work, work_apart

MINUTES = 9.0  # the tenth is for what starts and ends it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("gpu"), help="the folder of the figures")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:<number> or cpu")
    parser.add_argument("--quick", action="store_true", help="tiny models, in this process")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for all parts together")
    parser.add_argument("--files", type=int, default=1440, help="utterances, at most")
    parser.add_argument("--only", nargs="+", choices=SHARES, metavar="PART", default=list(SHARES))
    parser.add_argument("--scratch", type=Path, help="where features are written: the disk timed")
    parser.add_argument("--show", action="store_true", help="print the tables of OUT alone")
    parser.add_argument("--until", type=float, help=argparse.SUPPRESS)  # of a worker's own
    given = parser.parse_args()
    report = Report(given.out.resolve())  # a part may change the working folder
    scratch = given.scratch and given.scratch.resolve()
    if given.until is not None:
        options = Options(given.device, given.quick, given.files, scratch)
        sys.exit(work(report, options, given.only, given.until))
    if not given.show:
        until = time.monotonic() + 60 * given.minutes
        report.begin()
        if missing := missing_packages():
            report.note("machine", {"missing packages": missing})
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            options = Options(given.device, given.quick, given.files, Path(folder))
            run_all(report, options, given.only, until, work if given.quick else work_apart)
    print(report.write())


if __name__ == "__main__":
    main()
