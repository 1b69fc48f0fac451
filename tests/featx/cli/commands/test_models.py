"""`featx models` lists whatever `featx extract` takes by a short name."""

from featx.features.acoustic.settings import read_acoustic
from featx.features.encoders.checkpoints.registry import read_registry


def test_every_short_name_is_listed(run_featx):
    outcome = run_featx("models")
    assert outcome.code == 0
    listed = [words[0] for line in outcome.out.splitlines() if (words := line.split())]
    names = [*read_registry(), *read_acoustic()]
    assert [name for name in listed if name in names] == names
    (egemaps,) = (line for line in outcome.out.splitlines() if line.startswith("  egemaps  "))
    assert egemaps.split()[1:4] == ["25", "20", "ms"]
