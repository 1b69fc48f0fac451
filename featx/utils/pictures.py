"""How pictures look, and how they are written."""

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from pathlib import Path
from typing import Any, ParamSpec

from matplotlib.figure import Figure

from featx.utils.files import write_bytes

WIDTH = 3.5  # inches, a journal's column
BLUE, ORANGE = "#0072B2", "#D55E00"  # Okabe and Ito: told apart by colour-blind readers
ENDINGS = ("png", "pdf")
STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,  # a label may hold a $
}
Given = ParamSpec("Given")


def picture(draw: Callable[Given, None]) -> Callable[Given, None]:
    """Have a function that ends with `save` draw only where pictures are kept."""

    @wraps(draw)
    def wrapped(*arguments: Given.args, **named: Given.kwargs) -> None:
        if ENDINGS:
            draw(*arguments, **named)

    return wrapped


def save(figure: Figure, path: Path) -> None:
    """Write a picture as PNG and, for papers, as PDF; each is complete or not there.

    Args:
        figure: the picture.
        path: without an ending.
    """
    for ending in ENDINGS:
        write_picture(figure, path.with_name(f"{path.name}.{ending}"), dpi=300)


def write_picture(figure: Figure, path: Path, dpi: float | None = None) -> None:
    """Write a picture in the format of its file's ending, complete or not at all.

    It is drawn in memory, as Pillow does not say why it can't write.

    Args:
        figure: the picture.
        path: the file.
        dpi: dots an inch, where there are any; by default matplotlib's.
    """
    content = BytesIO()
    figure.savefig(content, format=path.suffix.removeprefix("."), dpi=dpi)
    write_bytes(path, content.getvalue())
