"""What pages have in common: how they look, sort and turn dark, and what they are drawn with."""

from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from featx import __version__
from featx.reporting import charts
from featx.utils.text import is_warning

_PACKAGE = "featx.reporting"


def render_page(template: str, package: str = _PACKAGE, **shown: Any) -> str:
    """Return a page as HTML that needs nothing but itself.

    Args:
        template: a file among the package's templates that extends `frame.html`.
        package: where it is; the templates of reports are at hand too.
        **shown: what the template shows.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, _PACKAGE))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["warning"] = is_warning
    return environment.get_template(template).render(
        **shown,
        style=shipped("page.css"),
        script=shipped("page.js"),
        map_style=shipped("map.css"),
        map_script=shipped("map.js"),
        charts=charts,
        made=datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"),
        version=__version__,
    )


def shipped(name: str, package: str = _PACKAGE) -> Markup:
    """Return a file of ours as it is; nothing of a run or a corpus is in it."""
    return Markup((files(package) / "templates" / name).read_text("utf-8"))
