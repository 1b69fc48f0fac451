"""The tests that are skipped where there is no card."""

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.gpu.parts import Figure
from benchmarks.gpu.running import ROOT
from benchmarks.gpu.setting import Setting

FILES = ("tests/classifiers/test_heads.py", "tests/featx/features/encoders/test_workers.py")


def tests(setting: Setting) -> Iterator[Figure]:
    """Run them, in a process of their own."""
    if setting.quick or not (ROOT / "tests").is_dir():
        yield {"check": "tests on a GPU", "passed": True, "seen": "not run in a rehearsal"}
        return
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-k", "a_gpu", *FILES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=setting.left)
    last = (done.stdout.strip() or done.stderr.strip() or "nothing was said").splitlines()[-1]
    print(done.stdout, done.stderr, file=sys.stderr)
    yield {"check": "tests on a GPU", "passed": done.returncode == 0, "seen": last}
