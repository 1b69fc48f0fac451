"""`featx export`."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a finished fit or fine-tuning.")],
    to: Annotated[Literal["onnx"], typer.Option(help="The format.")] = "onnx",
    out: Annotated[
        Path | None, typer.Option(help="The file (default: the run's name with .onnx).")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Export only the models of this seed (default: all).")
    ] = None,
    fold: Annotated[
        int | None, typer.Option(help="Export only the models of this fold (default: all).")
    ] = None,
    calibrated: Annotated[
        bool,
        typer.Option("--calibrated", help="Divide each model's logits by its temperatures."),
    ] = False,
    precision: Annotated[
        Literal["float32", "float16"],
        typer.Option(help="What matrices are kept in; float16 halves the file."),
    ] = "float32",
    int8: Annotated[
        bool, typer.Option("--int8", help="Keep the encoder's linear layers in int8.")
    ] = False,
    opset: Annotated[
        int, typer.Option(help="The version of ONNX's operators, from 18 to 23.")
    ] = 18,
    check: Annotated[
        list[Path] | None,
        typer.Option(
            help="Audio to compare with, or a manifest; repeatable (default: 8 utterances of the "
            "run's manifest)."
        ),
    ] = None,
    encoder: Annotated[
        Path | None,
        typer.Option(help="The encoder's folder or .pt, if it is not found by its name."),
    ] = None,
) -> None:
    """Write the models of a run as one file that other programs run, checked against featx."""
    import featx

    exported = featx.export(
        run,
        to,
        out,
        seed=seed,
        fold=fold,
        calibrated=calibrated,
        precision=precision,
        int8=int8,
        opset=opset,
        check=(check[0] if len(check) == 1 else check) if check else None,
        encoder=encoder or (),
    )
    print(exported.to_text())
