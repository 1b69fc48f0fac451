"""Commands pass their parameters to the API, whose arguments have the same names and defaults."""

import inspect
from collections.abc import Callable

import pytest

import featx
from featx.cli.commands.extract import extract
from featx.cli.commands.finetune import finetune
from featx.cli.commands.fit import fit
from featx.cli.commands.manifest import manifest
from featx.cli.commands.map import map as map_features
from featx.cli.commands.probe import probe
from featx.cli.commands.tune import tune
from featx.cli.options.shared import api_arguments
from featx.layer_analysis.probes.probe import probe as probe_layers


@pytest.mark.parametrize(
    ("command", "function"),
    [
        (manifest, featx.build_manifest),
        (extract, featx.extract),
        (fit, featx.fit),
        (finetune, featx.finetune),
        (tune, featx.tune),
        (probe, probe_layers),
        (map_features, featx.map_features),
    ],
)
def test_a_command_takes_what_its_function_takes(command: Callable, function: Callable):
    def defaults(called: Callable) -> dict[str, object]:
        parameters = inspect.signature(called).parameters.values()
        return {parameter.name: _plain(parameter.default) for parameter in parameters}

    own = defaults(command)
    for name in ("context", "as_json"):
        own.pop(name, None)
    assert own == defaults(function)


def _plain(default: object) -> object:
    """Return a default as a command has it, whose words are texts."""
    return None if default in ((), "") else default if default is None else str(default)


def test_what_is_not_given_is_left_to_the_api():
    given = {"context": 1, "as_json": True, "model": [], "name": None, "folds": 0, "final": False}
    assert api_arguments(given) == {"folds": 0, "final": False}
