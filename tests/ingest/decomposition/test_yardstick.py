"""The yardstick of decomposition: it knows a good one, and it can fail."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.ingest.decomposition.decompose import NO_PASSAGE, Decomposed, DecompositionStage, FailedAnswer
from midthought.ingest.decomposition.model_calls import ModelCalls
from midthought.ingest.decomposition.prompts import load_prompts
from midthought.ingest.decomposition.references import read_references
from midthought.ingest.decomposition.yardstick import (
    Marks,
    Reference,
    assign,
    encode_procedures,
    evaluate_model,
    mark,
    match,
)
from midthought.ingest.extraction.extracted import ExtractedEntry, RefusedDraft
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Procedure
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.encoders.minilm import MiniLMEncoder

from .playback import DATA, Notebook, make_player, own_references

FILE = DATA / "decompositions" / "own.jsonl"
TRACES = sorted((DATA / "trajectories").glob("*.jsonl"))
REFERENCES = read_references(FILE, TRACES)
HASHING = HashingEncoder()
PERFECT = Marks(1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


def decomposed(reference: Reference) -> Decomposed:
    """A reference as if a model had worded it."""
    return Decomposed(tuple(ExtractedEntry(entry, spans) for entry, spans in reference.procedures))


def test_the_references_themselves_get_full_marks() -> None:
    """Played back by an engine that recites: every mark is 1, and the calls are counted."""
    calls = ModelCalls(make_player(own_references()), Notebook())
    done = evaluate_model(REFERENCES[:6], calls, load_prompts(), HASHING)
    assert {name: (one.mean, one.low, one.high) for name, one in done.marks} == dict.fromkeys(
        Marks.__dataclass_fields__, (1.0, 1.0, 1.0)
    )
    assert done.spent.calls == sum(1 + len(one.procedures) for one in REFERENCES[:6])


def test_reworded_references_are_recognised() -> None:
    """In somebody else's words, three quarters of each are found again at least, .9 of all, with every other mark."""
    by_id = {one.trajectory.id: one for one in REFERENCES}
    encoder = MiniLMEncoder()
    reworded = read_references(DATA / "decompositions" / "reworded.jsonl", TRACES)
    found = [mark(decomposed(one), by_id[one.trajectory.id], encoder) for one in reworded]
    assert len(found) == 12
    assert min(one.agreement for one in found) >= 0.75
    assert sum(one.agreement for one in found) / len(found) >= 0.9
    assert {(one.grounded, one.clean, one.sized, one.usable) for one in found} == {(1.0, 1.0, 1.0, 1.0)}


def test_another_trace_agrees_with_nothing() -> None:
    """Each decomposition against each other one: F1 under .03 on average, at most .3 in 97 of 100 pairs."""
    encoder = MiniLMEncoder()
    rows = [encode_procedures([entry for entry, _ in one.procedures], encoder) for one in REFERENCES]
    pairs = [(one, other) for one in rows for other in rows if one is not other]
    agreements = [2 * len(assign(one @ other.T)) / (len(one) + len(other)) for one, other in pairs]
    assert sum(agreements) / len(agreements) < 0.03
    assert sum(one <= 0.3 for one in agreements) / len(agreements) >= 0.97


def test_an_answer_in_the_subroutine_is_not_clean() -> None:
    """A number of the problem in one of the subroutines is a leak: one procedure less is clean."""
    reference = REFERENCES[0]
    first, *rest = decomposed(reference).procedures
    question = reference.trajectory.question
    leaked = replace(first.entry, subroutine=f"{first.entry.subroutine} Here: {question}")
    found = mark(Decomposed((replace(first, entry=leaked), *rest)), reference, HASHING)
    assert found == replace(PERFECT, clean=1 - 1 / len(reference.procedures))


def test_what_rests_on_nothing_or_elsewhere_is_told() -> None:
    """A refused subroutine lowers the grounding, a passage elsewhere the placing."""
    reference = REFERENCES[0]
    drafts = decomposed(reference).procedures
    count = len(drafts)
    found = mark(Decomposed(drafts[1:], (RefusedDraft("How?", NO_PASSAGE),)), reference, HASHING)
    assert found.grounded == (count - 1) / count
    moved = [replace(one, spans=(replace(one.spans[0], start=0, end=1),)) for one in drafts]
    assert mark(Decomposed(tuple(moved)), reference, HASHING).placed == 0.0


def test_failures_and_slogans_are_told() -> None:
    """A call that gave nothing is not usable; a subroutine of five words has no size."""
    reference = REFERENCES[0]
    drafts = decomposed(reference).procedures
    failed = FailedAnswer(DecompositionStage.SUBROUTINE, "How?", "cut off at the limit", "...", 3)
    assert mark(Decomposed(drafts, failed=(failed,)), reference, HASHING).usable == len(drafts) / (len(drafts) + 1)
    short = [replace(one, entry=replace(one.entry, subroutine="I count and then divide.")) for one in drafts]
    assert mark(Decomposed(tuple(short)), reference, HASHING).sized == 0.0
    assert mark(Decomposed(), reference, HASHING) == Marks(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def test_pairs_are_one_to_one() -> None:
    """Three ways to say one question agree with it once."""
    asked = [Procedure("How do I count the divisors of a number?", "I factor it.")]
    assert match(asked * 3, asked, HASHING) == [(0, 0)]
    assert match([], asked, HASHING) == []


def test_bad_references_are_told_with_their_place(tmp_path: Path) -> None:
    """A row that is no decomposition, another text under the id, and traces that are not there."""
    row = json.loads(FILE.read_text(encoding="utf-8").splitlines()[0])
    file = tmp_path / "references.jsonl"
    for text, told in (
        ("{}", r"references.jsonl:1: expected an object with .trajectory_id."),
        (json.dumps(row | {"sha256": "0"}), "is not the one that was decomposed"),
        (json.dumps(row | {"procedures": [{"subquestion": "How?"}]}), "a procedure cannot be read"),
        (json.dumps(row | {"trajectory_id": "t-0"}), "none of its 1 trajectories"),
    ):
        file.write_text(text + "\n", encoding="utf-8")
        with pytest.raises(BadInput, match=told):
            read_references(file, TRACES)
    with pytest.raises(BadInput, match="cannot be read"):
        read_references(tmp_path / "missing.jsonl", TRACES)
