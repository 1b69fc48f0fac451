"""Tables as Markdown and LaTeX."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from featx.utils.tables import latex_table, markdown_table

CELL = st.text(st.sampled_from("ab *_|[]<>`\\~#&$!-"), min_size=1).map(str.strip).filter(bool)


@given(header=st.tuples(CELL, CELL), row=st.tuples(CELL, CELL))
def test_markdown_shows_just_the_text(header: tuple[str, str], row: tuple[str, str]) -> None:
    lines = markdown_table(header, [row], "lr")
    tokens = MarkdownIt().enable("table").parse("\n".join(lines))
    assert tokens[0].type == "table_open"
    shown = [
        "".join(child.content for child in token.children or ())
        for token in tokens
        if token.type == "inline"
    ]
    assert shown == [" ".join(cell.split()) for cell in (*header, *row)]


@pytest.mark.parametrize("first", ["[a]", "*", "*a", " [a", "a[", ""])
def test_no_latex_row_is_taken_for_an_option_of_the_line_above(first: str) -> None:
    lines = latex_table([first, "UAR"], [[first, "1"], [first, "[2"]], "lr")
    rows = [line for line in lines if "&" in line]
    assert len(rows) == 3
    assert not any(re.match(r"\s*[\[*]", row) for row in rows)
    assert [row.split("&")[0].replace("{", "").replace("}", "")[:-1] for row in rows] == [first] * 3
