"""`featx models`."""


def models() -> None:
    """List the encoders that have a short name."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from featx.registry import read_registry

    table = Table(box=box.SIMPLE_HEAD)
    for column in ("model", "Hub id"):
        table.add_column(column, no_wrap=True)
    for column in ("blocks", "dim", "parameters"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("pretraining", "licence"):
        table.add_column(column)
    for name, entry in read_registry().items():
        figures = (f"{entry.layers}", f"{entry.dim}", f"{entry.parameters / 1e6:.0f} M")
        table.add_row(name, entry.hub_id, *figures, entry.pretraining, entry.licence)
    width = None if Console().is_terminal else 200  # a pipe gets whole lines
    Console(width=width).print(table)
    print("--model also takes any other Hub id of these families, or a local folder.")
