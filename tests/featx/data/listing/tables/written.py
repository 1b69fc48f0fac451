"""A table as anybody would write it."""

import csv
import io
from pathlib import Path

COLUMNS = "path=file,label=emotion,speaker=spk"


ROWS = [("wav/1.wav", "fröhlich", "anna", "a; b"), ("wav/2.wav", "müde", "bert", "")]


def write(path: Path, rows=ROWS, header=("file", "emotion", "spk", "text"), separator=",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([header, *rows])
    path.write_text(text.getvalue(), "utf-8")
    return path
