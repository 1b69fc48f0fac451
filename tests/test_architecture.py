"""Imports run one way, and asking for help does not wait for torch."""

import ast
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"cache", "classifiers", "configs", "featx"}
MAY_IMPORT = {
    "cache": {"cache"},
    "classifiers": {"classifiers"},
    "configs": {"configs"},
    "featx": {"featx", "cache", "classifiers"},
}
# Each imports only those before it; those side by side in a set do not import each other.
ORDER = (
    {"errors"}, {"utils"}, {"engines"}, {"data"}, {"features", "protocols"}, {"stores"},
    {"scoring"}, {"runs"}, {"fitting"}, {"finetuning"}, {"comparison"}, {"tuning"},
    {"layer_analysis"}, {"cross_corpus"}, {"voting"}, {"inference"},
    {"explanation", "sharing"}, {"reporting"}, {"serving"}, {"auditing", "experiments"},
    {"demo", "diagnosis"}, {"cli"}, {"__main__"},
)  # fmt: skip
PLACE = {package: place for place, level in enumerate(ORDER) for package in level}


class Read(NamedTuple):
    """What a file imports and where it prints: it is parsed once for all tests."""

    imports: frozenset[str]
    prints: tuple[int, ...]


@cache
def read(path: Path) -> Read:
    names, prints = set(), []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            prints += [node.lineno] if node.func.id == "print" else []
    return Read(frozenset(names), tuple(prints))


def imported(path: Path) -> frozenset[str]:
    """Return the dotted names that a file imports, inside functions too; not for type checking."""
    return read(path).imports


def top_level(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("package", sorted(OURS))
def test_imports_run_one_way(package):
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        assert top_level(path) & OURS <= MAY_IMPORT[package], path


def test_every_package_of_featx_has_its_place():
    found = {path.parent.name for path in (ROOT / "featx").glob("*/__init__.py")}
    assert found == set(PLACE) - {"errors", "__main__"}


def test_packages_import_only_those_before_them():
    climbing = []
    for path in (ROOT / "featx").rglob("*.py"):
        home = path.relative_to(ROOT / "featx").parts[0].removesuffix(".py")
        if home == "__init__":  # the API, which imports on first use
            continue
        for name in imported(path):
            ours, _, inner = name.partition(".")
            package = inner.split(".")[0] or "cli"  # the API as a whole is for the command line
            if ours != "featx" or package in (home, "__version__"):
                continue
            if PLACE[package] >= PLACE[home]:
                climbing.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not climbing


def modules() -> dict[str, Path]:
    files = [path for package in OURS for path in (ROOT / package).rglob("*.py")]
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files)
    return dict(zip((name.removesuffix(".__init__") for name in names), files, strict=True))


def test_no_two_modules_import_each_other():
    """Function-local imports count: what is imported late is still needed."""
    known = modules()
    graph = {}
    for name, path in known.items():
        wanted = imported(path) if name != "featx" else set()
        homes = {module if module in known else module.rpartition(".")[0] for module in wanted}
        graph[name] = (homes & set(known)) - {name, "featx"}
    finished: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in finished:
            for target in sorted(graph[name]):
                visit(target, (*way, name))
            finished.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_the_store_knows_only_numpy_and_h5py():
    outside = set().union(*(top_level(path) for path in (ROOT / "cache").rglob("*.py")))
    assert outside - set(sys.stdlib_module_names) <= {
        "cache",
        "numpy",
        "h5py",
        "filelock",
        "zlib_ng",
    }


def test_torchaudio_is_behind_two_files():
    users = {p.name for p in (ROOT / "featx").rglob("*.py") if "torchaudio" in top_level(p)}
    assert users == {"pitch.py", "resample.py"}


def test_only_the_command_line_prints_and_speaks_of_options():
    printing = {"cli", "demo", "utils"}  # utils: the progress of long work
    for path in (ROOT / "featx").rglob("*.py"):
        if path.relative_to(ROOT / "featx").parts[0] in printing:
            continue
        assert not read(path).prints, f"{path}:{read(path).prints[0]}"


@pytest.mark.parametrize(
    "code",
    [
        "import featx",
        *(
            f"import sys; from featx.cli.main import main; sys.argv = ['featx', *{arguments!r}]\n"
            "try: main()\n"
            "except SystemExit as stop: assert not stop.code\n"
            for arguments in (["--help"], ["--version"], ["extract", "--help"])
        ),
    ],
)
def test_import_and_help_load_nothing_heavy(code):
    check = (
        "\nimport sys\nheavy = {'torch', 'transformers', 'numpy', 'h5py', 'sklearn', 'scipy',"
        " 'matplotlib', 'pandas'} & set(sys.modules)\nassert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code + check], check=True, capture_output=True, cwd=ROOT)


def test_what_only_reads_loads_no_torch():
    code = (
        "import sys, featx\n"
        "for name in ('load_manifest', 'extract', 'vote', 'evaluate', 'compare', 'report'):\n"
        "    getattr(featx, name)\n"
        "    heavy = {'torch', 'transformers', 'numba', 'scipy.stats', 'sklearn'}\n"
        "    assert not heavy & set(sys.modules), (name, heavy & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert not done.returncode, done.stderr


def test_every_package_is_in_the_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = set(project["tool"]["setuptools"]["packages"])
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in OURS
        for path in (ROOT / package).rglob("__init__.py")
    }
    assert listed == found
