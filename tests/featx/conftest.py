"""What the tests of fits share: a small corpus with its features."""

import pytest


@pytest.fixture
def extracted(write_corpus, run_featx, checkpoint_folder):
    """A working folder with a manifest and its features."""
    write_corpus(speakers=6)
    assert run_featx("extract", "--model", checkpoint_folder).code == 0


@pytest.fixture
def with_egemaps(extracted, run_featx):
    """The same, with eGeMAPS beside it."""
    assert run_featx("extract", "--model", "egemaps").code == 0
