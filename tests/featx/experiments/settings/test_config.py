"""What an experiment's file may say of a corpus."""

import pytest
from pydantic import ValidationError

from featx.experiments.settings.corpus_table import Corpus


def test_columns_may_be_a_table():
    columns = {"label": "mood", "path": "file"}
    corpus = Corpus(corpus="csv", root="t.csv", options={"columns": columns, "separator": ";"})
    assert corpus.options["columns"] == columns


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"separator": {"a": "b"}}, "options.separator: must be a text"),
        ({"chanel": "song"}, "options.chanel: no option of csv"),
    ],
)
def test_other_options_are_texts(options, message):
    with pytest.raises(ValidationError, match=message):
        Corpus(corpus="csv", root="t.csv", options=options)
