"""An ingestion says of every record what became of it: taught, taught nothing for one reason, known, or rejected."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midthought.ingest.formats.format import Format
from midthought.ingest.ingest_options import IngestOptions, make_options
from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.verdicts.policy import UnjudgedPolicy
from midthought.memory.records.job import Counts, Job
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.records.no_yield import Explanation, NoYield
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

ENCODER = HashingEncoder()
OWNER = DEFAULT_NAMESPACE
DOCS = Path(__file__).parents[2] / "docs" / "trajectories.md"
EXAMPLES = [
    (name, text)
    for name, text in re.findall(r"^```(?:jsonl )?(\w+)\n(.*?)^```$", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    if name in set(Format)
]
"""(format, records) of the page on trajectories."""
GENERAL = (
    "How do I count arrangements with repeated letters? I take the factorial of the number of letters and divide by"
    " the factorial of each repetition, because swapping equal letters changes nothing. That is 30."
)
RECORDS = st.fixed_dictionaries(
    {
        "question": st.sampled_from(["q", "r"]),
        "thought": st.sampled_from([GENERAL, "So it is.", "", "How can I add 4?"]),
    },
    optional={"outcome": st.sampled_from(["correct", "wrong", "right"]), "finished": st.booleans()},
)
LINES = st.lists(st.one_of(RECORDS.map(json.dumps), st.text(max_size=20)), max_size=12)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all; each test takes a namespace of its own."""
    with Store(tmp_path_factory.mktemp("explained"), encoder=ENCODER.identity) as opened:
        yield opened


def ingest(
    store: Store, text: str, *, format: str = "auto", owner: Namespace = OWNER, options: IngestOptions | None = None
) -> Job:
    """Ingest a text."""
    stream = io.BytesIO(text.encode("utf-8", "surrogatepass"))
    ingestion = Ingestion(store, ENCODER, owner)
    return ingest_source(ingestion, "-", format=Format(format), stdin=stream, options=options)


def explained(counts: Counts) -> int:
    """How many records taught nothing, over all reasons."""
    assert {NoYield(reason) for reason, _ in counts.untaught} <= set(NoYield)
    return sum(number for _, number in counts.untaught) + counts.merged + counts.rejected


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=lambda number: f"{number}-{EXAMPLES[number][0]}")
def test_every_example_of_the_documentation_teaches(store: Store, number: int) -> None:
    """At least one of its records, if those that nobody judged are taken for right; each of the others says why not."""
    written, example = EXAMPLES[number]
    accepting = make_options(unjudged=UnjudgedPolicy.ACCEPT)
    counts = ingest(store, example, format=written, owner=Namespace(f"example-{number}"), options=accepting).counts
    assert counts.taught > 0
    assert counts.taught + counts.linked_only + explained(counts) == counts.read


def test_unjudged_traces_say_so(store: Store) -> None:
    """Of 500 traces without a verdict each is counted as not judged, and the reason says what to add."""
    lines = (json.dumps({"question": f"q {number}", "thought": GENERAL}) for number in range(500))
    counts = ingest(store, "\n".join(lines), owner=Namespace("unjudged")).counts
    assert counts.untaught == (("not judged", 500),)
    assert '"outcome": "correct"' in NoYield.UNJUDGED.advice


def test_following_the_advice_teaches(store: Store) -> None:
    """The same trace with the verdict that the advice asks for gives its procedure."""
    unjudged = {"question": "In how many ways?", "thought": GENERAL}
    owner = Namespace("advised")
    ingest(store, json.dumps(unjudged), owner=owner)
    counts = ingest(store, json.dumps({**unjudged, "outcome": "correct"}), owner=owner).counts
    assert (counts.taught, counts.untaught) == (1, ())
    assert counts.entries_stored > 0


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_random_records_add_up(store: Store, lines: list[str]) -> None:
    """Whatever is read: read = taught + untaught + known already + rejected."""
    counts = ingest(store, "\n".join(line.replace("\n", " ") for line in lines), owner=Namespace("random")).counts
    counts.check()
    assert counts.read == counts.taught + explained(counts)


@pytest.mark.slow
def test_real_traces_add_up(store: Store, data_folder: Path) -> None:
    """Of real traces every one is taught from or explained; those that are wrong or unfinished are counted as such."""
    import gzip

    with gzip.open(data_folder / "traces" / "sky_t1.jsonl.gz", "rt", encoding="utf-8") as file:
        lines = [next(file) for _ in range(60)]
    counts = ingest(store, "".join(lines), owner=Namespace("real")).counts
    records = [json.loads(line) for line in lines]
    assert counts.read == 60 == counts.taught + explained(counts)
    unfit = Counter(
        NoYield.WRONG.value if one["finished"] else NoYield.UNFINISHED.value
        for one in records
        if not (one["finished"] and one["correct"])
    )
    assert {reason: dict(counts.untaught).get(reason, 0) for reason in unfit} == unfit


def test_counts_of_an_earlier_version_add_up() -> None:
    """What was recorded before there were reasons is counted as not recorded, so that a resumed ingestion adds up."""
    old = json.loads(Counts(read=3, stored=3, taught=1, untaught=(("wrong answer", 2),)).to_json())
    del old["untaught"]
    counts = Counts.from_json(json.dumps(old))
    counts.check()
    assert counts.untaught == ((NoYield.UNRECORDED.value, 2),)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_each_record_that_taught_nothing_is_told_once(store: Store, lines: list[str]) -> None:
    """In reading order, with its place and one reason; the sum over reasons is that of the counts."""
    text = "\n".join(line.replace("\n", " ") for line in lines).encode("utf-8", "surrogatepass")
    told: list[Explanation] = []
    job = ingest_source(Ingestion(store, ENCODER, OWNER), "-", stdin=io.BytesIO(text), on_explained=told.append)
    counts = job.counts
    assert [one.number for one in told] == sorted({one.number for one in told})
    assert Counter(one.reason.value for one in told) == Counter(dict(counts.untaught)) + Counter(
        {NoYield.KNOWN.value: counts.merged, NoYield.UNREADABLE.value: counts.rejected}
    )
    assert [one.place for one in store.reader.list_rejections(OWNER, job.id)] == [
        one.place for one in told if one.reason is NoYield.UNREADABLE
    ]
