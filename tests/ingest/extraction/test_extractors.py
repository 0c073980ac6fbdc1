"""What every extractor promises; an extractor is one row of `EXTRACTORS`."""

import re
from pathlib import Path

import pytest

from midthought.ingest.extraction.extracted import Extraction
from midthought.ingest.extraction.extractor import Extractor
from midthought.ingest.extraction.registry import EXTRACTORS
from midthought.ingest.steps.split import split_steps
from midthought.ingest.stream.reader import ReadRecord, read_trajectories
from midthought.memory.errors import BadSettings
from midthought.memory.records.trajectory import Trajectory


@pytest.fixture(params=[name for name in EXTRACTORS if name not in {"links-2", "statements-2"}])
def extractor(request: pytest.FixtureRequest) -> Extractor:
    """Each extractor that words entries, in turn."""
    return EXTRACTORS.load(request.param)


@pytest.fixture(scope="module")
def trajectories(root: Path) -> list[Trajectory]:
    """Trajectories that give entries, with one that has nothing to say."""
    records = read_trajectories(root / "data" / "trajectories" / "own.jsonl")
    right = [record.trajectory for record in records if isinstance(record, ReadRecord)]
    return [Trajectory("", ""), *right[:6]]


def extract(extractor: Extractor, trajectory: Trajectory) -> Extraction:
    """What an extractor gives for the steps of a trajectory."""
    return extractor.extract(trajectory, split_steps(trajectory))


def test_a_name_ends_in_its_version(extractor: Extractor) -> None:
    """The name is that of the row, and says which version it is."""
    assert EXTRACTORS[extractor.name].name == extractor.name
    assert re.fullmatch(r"[a-z][a-z-]*-[0-9]+", extractor.name)


def test_entries_carry_version_and_provenance(extractor: Extractor, trajectories: list[Trajectory]) -> None:
    """Each entry has the name of the part that worded it, and spans in reading order that lie in its trajectory."""
    found = [(trajectory, draft) for trajectory in trajectories for draft in extract(extractor, trajectory).entries]
    assert found
    for trajectory, draft in found:
        assert draft.entry.extractor in {extractor.name, "examples-2", "statements-2"}
        assert draft.spans
        assert all(trajectory.text(span) for span in draft.spans)


def test_nothing_has_a_reason(extractor: Extractor) -> None:
    """A trajectory without text gives no entry, and the reason is told."""
    nothing = extract(extractor, Trajectory("", ""))
    assert (nothing.entries, nothing.reason is None) == ((), False)


def test_extraction_is_deterministic(extractor: Extractor, trajectories: list[Trajectory]) -> None:
    """The same trajectory gives the same entries with the same ids."""
    for trajectory in trajectories:
        assert extract(extractor, trajectory) == extract(extractor, trajectory)


def test_an_unknown_extractor_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    """The message has the names that exist, and no directory is made."""
    import midthought

    with pytest.raises(BadSettings, match="unknown extractor 'steps-0': choose one of parts-2"):
        midthought.open(tmp_path / "memory", extractor="steps-0")
    assert not (tmp_path / "memory").exists()
