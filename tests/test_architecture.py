"""Imports run one way, and asking for help does not wait for torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"cache", "classifiers", "configs", "featx"}
MAY_IMPORT = {
    "cache": {"cache"},
    "classifiers": {"classifiers"},
    "configs": {"configs"},
    "featx": {"featx", "cache", "classifiers"},
}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("package", sorted(OURS))
def test_imports_run_one_way(package):
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        assert imported(path) & OURS <= MAY_IMPORT[package], path


def test_the_store_knows_only_numpy_and_h5py():
    outside = set().union(*(imported(path) for path in (ROOT / "cache").rglob("*.py")))
    assert outside - set(sys.stdlib_module_names) <= {"cache", "numpy", "h5py"}


def test_torchaudio_is_behind_one_file():
    users = [p.name for p in (ROOT / "featx").rglob("*.py") if "torchaudio" in imported(p)]
    assert users == ["resample.py"]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["extract", "--help"]])
def test_help_imports_neither_torch_nor_transformers(arguments):
    code = (
        "import sys; from featx.cli.main import main\n"
        f"sys.argv = ['featx', *{arguments!r}]\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code\n"
        "heavy = {'torch', 'transformers', 'numpy', 'h5py', 'sklearn', 'matplotlib'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)


def test_every_package_is_in_the_wheel():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = set(project["tool"]["setuptools"]["packages"])
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in OURS
        for path in (ROOT / package).rglob("__init__.py")
    }
    assert listed == found
