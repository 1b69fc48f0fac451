"""`featx --version`."""

import typer


def print_version(wanted: bool) -> None:
    """Print the versions of featx and what it computes with, and end."""
    if not wanted:
        return
    from featx.diagnosis.versions import describe_versions

    print(describe_versions())
    raise typer.Exit
