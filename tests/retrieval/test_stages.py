"""The time of a recall is shared out among its stages without gap or overlap."""

from itertools import pairwise
from pathlib import Path

from midthought.api.python.memory import open_memory
from midthought.memory.records.entry import Procedure
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.stages import Lap, Stage, StageClock, StageTimes, sum_stages


def test_each_stage_ends_where_the_next_begins() -> None:
    """A stage that is entered twice in a row is one lap; one that is come back to is two, which are summed."""
    ticks = iter([0.0, 1.0, 1.0, 3.0, 3.0, 7.0])
    clock = StageClock(lambda: next(ticks))
    for stage in (Stage.SEARCH, Stage.SEARCH, Stage.FUSE, Stage.SEARCH):
        clock.enter(stage)
    laps = clock.stop()
    assert laps == (Lap(Stage.SEARCH, 0.0, 1.0), Lap(Stage.FUSE, 1.0, 2.0), Lap(Stage.SEARCH, 3.0, 4.0))
    assert clock.stop() == laps
    assert sum_stages(laps) == StageTimes(search=5000.0, fuse=2000.0)


def test_the_times_of_a_recall_add_up(tmp_path: Path) -> None:
    """Encoding and the rest are the sums that were always told; an abstention has its stages, too."""
    with open_memory(tmp_path / "memory", encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([Procedure("How do I sharpen a pencil?", "Cut away from myself.")])
        found, abstained = memory.recall("How do I sharpen a pencil?"), memory.recall("zebras on the moon")
    assert found.hits
    assert abstained.abstention
    for result in (found, abstained):
        laps, usage = result.laps, result.usage
        assert usage.stages == sum_stages(laps)
        assert usage.encode_ms == usage.stages.encode
        after = sum(1000 * lap.seconds for lap in laps if lap.stage not in (Stage.REASON, Stage.ENCODE))
        assert usage.search_ms == after
        assert [one.stage for one in laps][:2] == [Stage.ENCODE, Stage.WAIT]
        assert laps[-1].stage is Stage.PACK
        assert all(two.started >= one.started + one.seconds - 1e-9 for one, two in pairwise(laps))
