"""A namespace calibrates when it answers by its own judged queries."""

import json
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import midthought
from midthought import Memory
from midthought.api.cli.calibrate import read_judged_queries
from midthought.api.operations.calibration import Calibrated
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.maintenance.backup import restore_backup
from midthought.memory.records.calibration_state import CalibrationOrigin, CalibrationState
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Procedure
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.retrieval.abstention.judged import JudgedQuery
from midthought.retrieval.abstention.policies import MIN_SIMILARITY
from midthought.retrieval.abstention.shipped import shipped_calibration
from midthought.retrieval.encoders.hashing import HashingEncoder

SUBJECTS = [
    f"{fruit} {thing}"
    for fruit in ("apples", "pears", "plums", "figs")
    for thing in ["trees", "crates", "carts", "jars", "bags"]
]
ENTRIES = [Procedure(f"How do I count {subject}?", "Point at each one.") for subject in SUBJECTS]
RIGHT = [JudgedQuery(f"count {subject} now", (entry.id,)) for subject, entry in zip(SUBJECTS, ENTRIES, strict=True)]
NOTHING = [JudgedQuery(f"sail number{n} over wide seas") for n in range(20)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed memory of twenty entries, with hashed words."""
    place = tmp_path_factory.mktemp("filled") / "home"
    with midthought.open(place, encoder=HashingEncoder(), starter=False) as opened:
        opened.add_entries(ENTRIES)
    return place


@pytest.fixture
def memory(filled: Path, tmp_path: Path) -> Iterator[Memory]:
    """A copy of that memory, opened."""
    place = shutil.copytree(filled, tmp_path / "home")
    with midthought.open(place, encoder=HashingEncoder(), starter=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def calibrated(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Memory, Calibrated]]:
    """A copy of that memory, opened and calibrated once, and what was fitted: for tests that do not change it."""
    place = shutil.copytree(filled, tmp_path_factory.mktemp("calibrated") / "home")
    with midthought.open(place, encoder=HashingEncoder(), starter=False) as opened:
        yield opened, opened.calibrate([*RIGHT, *NOTHING], error_rate=0.2)


def test_own_queries_decide(memory: Memory) -> None:
    """After calibration the probability comes with every answer; the right queries are answered, the others not."""
    assert memory.recall(RIGHT[0].query).probability is None
    fitted = memory.calibrate([*RIGHT, *NOTHING], error_rate=0.2)
    assert (fitted.useful, fitted.useless, fitted.missed) == (20, 20, 0)
    answer = memory.recall(RIGHT[0].query)
    assert answer.hits
    assert answer.probability is not None
    assert answer.probability >= fitted.threshold
    assert memory.recall("sail number99 over wide seas").abstention
    assert memory.recall("sail number99 over wide seas", min_score=0).hits


def test_what_was_fitted_says_how_many_of_these_queries_it_answers(
    calibrated: tuple[Memory, Calibrated],
) -> None:
    """The counts are those of recalling the same queries afterwards."""
    memory, fitted = calibrated
    assert fitted.useful_answered == sum(bool(memory.recall(one.query).hits) for one in RIGHT)
    assert fitted.useless_answered == sum(bool(memory.recall(one.query).hits) for one in NOTHING)
    assert fitted.useful_answered > 15 > 5 > fitted.useless_answered
    assert fitted.warning == ""


def test_an_error_rate_too_small_for_the_queries_is_told(memory: Memory) -> None:
    """Below one in n + 1 no threshold is high enough; the warning says so, and how many queries or which rate it takes.

    From 1/21 on, twenty queries are enough.
    """
    told = memory.calibrate([*RIGHT, *NOTHING], error_rate=0.01)
    assert told.threshold == 1
    assert told.warning.startswith("error rate 0.01 is too small for 20 queries without a useful entry")
    assert "at least 99 such queries" in told.warning
    assert "at least 1/(20 + 1) = 0.0476" in told.warning
    enough = memory.calibrate([*RIGHT, *NOTHING], error_rate=0.0477)
    assert (enough.warning, enough.threshold < 1) == ("", True)


@pytest.mark.parametrize("right", [["p-1", "p-2"], ("p-1", "p-2"), iter(["p-1", "p-2"]), {"p-1": 0, "p-2": 0}.keys()])
def test_right_entries_come_in_any_iterable(right: Iterable[str]) -> None:
    """Ids may be given as a list, a tuple, an iterator or a view; the query that holds them is hashable."""
    judged = midthought.JudgedQuery("x", right)
    assert judged == JudgedQuery("x", ("p-1", "p-2"))
    assert judged.right == ("p-1", "p-2")
    assert len({judged, JudgedQuery("x", ["p-1", "p-2"])}) == 1


@pytest.mark.parametrize("right", ["p-1", None, 3, ["p-1", 3]])
def test_what_is_no_list_of_ids_is_refused(right: Any) -> None:
    """A text alone would be read as one id per letter."""
    with pytest.raises(BadInput, match=r"right must be a list of ids such as \['p-1'\], got "):
        JudgedQuery("x", right)


def test_calibrating_again_gives_the_same(calibrated: tuple[Memory, Calibrated]) -> None:
    """What is fitted does not depend on the calibration before: queries that recall abstains from count as well."""
    memory, first = calibrated
    assert memory.calibrate([*RIGHT, *NOTHING], error_rate=0.2) == first


def test_a_namespace_keeps_its_own(memory: Memory) -> None:
    """Another namespace is not affected; a forgotten one forgets; a namespace that does not exist is refused."""
    memory.add_entries(ENTRIES, namespace="other")
    memory.calibrate([*RIGHT, *NOTHING], namespace="other", error_rate=0.2)
    assert memory.recall(RIGHT[0].query).probability is None
    memory.forget_namespace("other")
    memory.add_entries(ENTRIES, namespace="other")
    assert memory.recall(RIGHT[0].query, namespace="other").probability is None
    with pytest.raises(NotFound):
        memory.calibrate([*RIGHT, *NOTHING], namespace="typo")


def test_the_next_recall_uses_it(memory: Memory) -> None:
    """The newest calibration decides from the next recall on, whatever was read before; a refused one never."""
    asked = [*RIGHT, *NOTHING]
    assert memory.recall(RIGHT[0].query).probability is None
    strict = memory.calibrate(asked, error_rate=0.1).threshold
    assert threshold_of(memory) == strict
    memory.add_entries([Procedure("How do I count melon carts?", "Point at each one.")])
    first = memory.recall(RIGHT[0].query).probability
    lenient = memory.calibrate([*asked[:-1], JudgedQuery("dig deep holes")], error_rate=0.5).threshold
    assert threshold_of(memory) == lenient < strict
    assert memory.recall(RIGHT[0].query).probability != first
    with pytest.raises(BadInput):
        memory.calibrate(asked[:3])
    assert threshold_of(memory) == lenient


def threshold_of(memory: Memory) -> float:
    """The threshold of the calibration that recall uses."""
    return float(json.loads(memory.store.searcher.calibration(DEFAULT_NAMESPACE) or "{}")["threshold"])


def test_a_calibration_belongs_to_its_vectors(memory: Memory) -> None:
    """Another encoder does not use it, going back does; compaction forgets those of earlier encoders."""
    other = HashingEncoder()
    other.identity = EncoderIdentity("other", "digest-of-other", other.identity.dimension)
    memory.calibrate([*RIGHT, *NOTHING], error_rate=0.2)
    stored = memory.store.searcher.calibration(DEFAULT_NAMESPACE)
    memory.reindex(other)
    assert memory.store.searcher.calibration(DEFAULT_NAMESPACE) is None
    memory.reindex(HashingEncoder())
    assert memory.store.searcher.calibration(DEFAULT_NAMESPACE) == stored
    memory.reindex(other)
    memory.compact()
    memory.reindex(HashingEncoder())
    assert memory.store.searcher.calibration(DEFAULT_NAMESPACE) is None


def test_stats_say_which_calibration_decides(memory: Memory) -> None:
    """None, then the own one with figures and time; clearing goes back; those of other encoders are named."""
    none = memory.stats().calibration
    assert none == CalibrationState(CalibrationOrigin.NONE, MIN_SIMILARITY)
    assert none.describe() == "no calibration: recall answers from similarity 0.4"
    before = memory.recall(RIGHT[0].query).moment.removesuffix("Z")
    fitted = memory.calibrate([*RIGHT, *NOTHING], error_rate=0.2)
    own = memory.stats().calibration
    assert own is not None
    assert own.made_at is not None
    assert own.made_at >= datetime.fromisoformat(before)
    assert own == CalibrationState(CalibrationOrigin.OWN, fitted.threshold, 0.2, 20, 20, own.made_at)
    assert f"answers from probability {fitted.threshold:.3f}, error rate about 0.2, fitted to 20" in own.describe()
    other = HashingEncoder()
    other.identity = EncoderIdentity("other", "digest-of-other", other.identity.dimension)
    name = str(memory.encoder.identity.name)
    memory.reindex(other)
    moved = memory.stats().calibration
    assert moved == CalibrationState(CalibrationOrigin.NONE, MIN_SIMILARITY, outdated=(name,))
    assert f"its own for the vectors of {name} is not used" in moved.describe()
    assert memory.clear_calibration() == none
    memory.reindex(HashingEncoder())
    assert memory.stats().calibration == none
    assert memory.recall(RIGHT[0].query).probability is None


def test_clearing_goes_back_at_once(memory: Memory) -> None:
    """The next recall has no probability any more; a namespace without one stays as it is, and others keep theirs."""
    memory.add_entries(ENTRIES, namespace="other")
    for namespace in ("default", "other"):
        memory.calibrate([*RIGHT, *NOTHING], error_rate=0.2, namespace=namespace)
    assert memory.recall(RIGHT[0].query).probability is not None
    assert memory.clear_calibration() == memory.clear_calibration()
    assert memory.recall(RIGHT[0].query).probability is None
    assert memory.recall(RIGHT[0].query, namespace="other").probability is not None


def test_a_calibration_that_cannot_be_used_says_the_way_on(memory: Memory) -> None:
    """One with unknown signals ends a recall with an error that names both ways on, and both help."""
    memory.calibrate([*RIGHT, *NOTHING], error_rate=0.2)
    stored = json.loads(memory.store.searcher.calibration(DEFAULT_NAMESPACE) or "{}")
    unknown = json.dumps(stored | {"signals": ["height", *stored["signals"][1:]]})
    for mend in (memory.clear_calibration, lambda: memory.calibrate([*RIGHT, *NOTHING], error_rate=0.2)):
        memory.store.writer.put_calibration(DEFAULT_NAMESPACE, unknown)
        with pytest.raises(
            BadInput, match=r"\['height'\]; fit it again with .* or go back .* `midthought calibrate --cl"
        ):
            memory.recall(RIGHT[0].query)
        state = memory.stats().calibration
        assert state is not None
        assert (state.origin, state.threshold) == (CalibrationOrigin.OWN, None)
        assert "['height']" in state.describe()
        mend()
        assert memory.recall(RIGHT[0].query).hits


def test_the_default_encoder_uses_the_one_that_ships(tmp_path: Path) -> None:
    """Its threshold and error rate are those of the file."""
    with midthought.open(tmp_path / "home", starter=False) as memory:
        memory.create_namespace("own")
        state = memory.stats(namespace="own").calibration
        shipped = shipped_calibration(memory.encoder.identity)
    assert state is not None
    assert shipped is not None
    assert state == CalibrationState(
        CalibrationOrigin.SHIPPED, shipped.threshold, shipped.error_rate, *shipped.fitted_on
    )
    assert state.describe().startswith("shipped calibration: recall answers from probability 0.")


def test_a_backup_holds_it(calibrated: tuple[Memory, Calibrated], tmp_path: Path) -> None:
    """A restored memory answers by the same calibration."""
    memory, _ = calibrated
    memory.backup(tmp_path / "backup")
    restore_backup(tmp_path / "backup", tmp_path / "restored")
    with midthought.open(tmp_path / "restored", encoder=HashingEncoder(), starter=False) as restored:
        assert restored.recall(RIGHT[0].query).probability == memory.recall(RIGHT[0].query).probability


def test_too_few_queries_say_how_many(memory: Memory) -> None:
    """The error names what is needed and what was given; a query whose entry comes too late counts as neither."""
    late = JudgedQuery("count apples crates now", (ENTRIES[-1].id,))
    with pytest.raises(BadInput, match=r"at least 20 .* got 19 and 20"):
        memory.calibrate([*RIGHT[:-1], late, *NOTHING])
    with pytest.raises(BadInput, match="got 20 and 3"):
        memory.calibrate([*RIGHT, *NOTHING[:3]])
    with pytest.raises(BadInput, match="there are no entries p-unknown in namespace default"):
        memory.calibrate([JudgedQuery("x", ("p-unknown",))])
    assert memory.store.searcher.calibration(Namespace("default")) is None


@pytest.mark.parametrize(
    "line", ['"x"', '{"query": "x"}', '{"query": 1, "right": []}', '{"query": "x", "right": [1]}', "{"]
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    """A file of judged queries is read line by line; blank lines count, and a wrong line is named."""
    file = tmp_path / "queries.jsonl"
    good = json.dumps({"query": "x", "right": ["p-1"], "note": "more"})
    file.write_text(f"{good}\n\n")
    assert read_judged_queries(file) == [JudgedQuery("x", ("p-1",))]
    file.write_text(f"{good}\n\n{line}\n")
    with pytest.raises(BadInput, match=r"queries\.jsonl:3"):
        read_judged_queries(file)
    with pytest.raises(BadInput, match="cannot be read"):
        read_judged_queries(tmp_path / "missing.jsonl")
