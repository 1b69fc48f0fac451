"""The public API: lazy, listed and typed."""

import inspect
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

import featx

ROOT = Path(__file__).parents[2]
FUNCTIONS = {
    "audit", "augment", "build_manifest", "load_manifest", "extract", "fit", "tune", "finetune",
    "load", "predict", "evaluate", "compare", "cross", "vote", "report", "run", "pooled_features",
    "write_timelines", "push", "pull", "doctor", "serve", "export", "explain", "listen",
    "list_stores", "store_info", "verify_store", "prune_store", "remove_store",
    "export_features", "import_features", "map_features",
}  # fmt: skip
TYPES = {
    "FeatxError", "Manifest", "Protocol", "FeatureStore", "Run", "Results", "FeatureDataset",
    "LinearClassifier", "DenseClassifier", "NumberResults", "LabelResults",
}  # fmt: skip


def test_the_api_is_what_is_listed():
    assert set(featx.__all__) == FUNCTIONS | TYPES
    assert set(featx.__all__) <= set(dir(featx))
    assert "__version__" in dir(featx)


@pytest.mark.parametrize("name", sorted(FUNCTIONS | TYPES))
def test_every_name_is_there_and_documented(name):
    value = getattr(featx, name)
    assert inspect.isclass(value) == (name in TYPES)
    assert inspect.getdoc(value)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_are_typed_and_say_what_they_take_give_and_raise(name):
    function = getattr(featx, name)
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    text = inspect.getdoc(function) or ""
    for section in ("Args:", "Returns:", "Raises:", "Example:"):
        assert section in text, section
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty, parameter
        assert f"    {parameter.name}:" in text, parameter


def test_an_unknown_name_is_no_attribute():
    with pytest.raises(AttributeError, match="has no 'extrakt'"):
        featx.extrakt  # noqa: B018
    assert not hasattr(featx, "extrakt")


def test_names_are_imported_at_their_first_use():
    code = (
        "import sys, featx\n"
        "dir(featx)\n"
        "assert not {'numpy', 'torch', 'pydantic'} & set(sys.modules)\n"
        "featx.FeatxError\n"
        "assert 'torch' not in sys.modules\n"
        "featx.load_manifest\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_types_are_shipped():
    assert (files("featx") / "py.typed").is_file()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "py.typed" in project["tool"]["setuptools"]["package-data"]["featx"]


def test_every_module_of_the_api_is_checked_strictly():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    strict = [
        set(entry["module"])
        for entry in project["tool"]["mypy"]["overrides"]
        if entry.get("disallow_any_generics")
    ]
    homes = {inspect.getmodule(getattr(featx, name)).__name__ for name in FUNCTIONS}
    assert len(strict) == 1
    assert homes | {"featx"} <= strict[0]
