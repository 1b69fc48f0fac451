"""Files have names that every system takes."""

import pytest

from featx.utils.files import portable_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a-1_ä.b", "a-1_ä.b"),
        ("x:1", "x-1"),
        (r"a\b/c?", "a-b-c-"),
        ("con", "-con"),
        ("Com1.wav", "-Com1.wav"),
        ("contrast", "contrast"),
        ("ends.", "ends-"),
        ("ends ", "ends-"),
        ("a\nb", "a-b"),
    ],
)
def test_a_portable_name_is_one_on_windows_too(text, name):
    assert portable_name(text) == name
    assert portable_name(name) == name
