"""The model as a judge of duplicates: asked where wording alone keeps two entries apart, never against a literal."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from midthought.api.python.memory import open_memory
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.dedup.join import find_merge, find_unsure
from midthought.ingest.dedup.novelty import Candidate
from midthought.ingest.dedup.rules import KEY_SIMILARITY, find_refusal, is_of_wording
from midthought.ingest.formats.own import write_trajectory
from midthought.memory.records.entry import Procedure
from midthought.memory.records.merge import MergeVerdict
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_contains
from midthought.retrieval.encoders.minilm import MiniLMEncoder

FILES = ("traps.jsonl", "traps_later.jsonl", "traps_natural.jsonl")
ENCODER = MiniLMEncoder()


def triples(root: Path) -> list[dict[str, Any]]:
    """All triples: an entry, a rewording, and one that differs in a literal."""
    return [
        json.loads(line)
        for name in FILES
        for line in (root / "benchmarks" / "merging" / name).read_text(encoding="utf-8").splitlines()
    ]


def rewordings(root: Path) -> list[tuple[Procedure, Procedure]]:
    """All entries with their rewordings."""
    return [(Procedure(**one["entry"]), Procedure(**one["paraphrase"])) for one in triples(root)]


def is_near(one: Procedure, other: Procedure) -> bool:
    """Whether their keys are near enough to be compared."""
    here, there = ENCODER.encode_documents([one.key, other.key])
    return float(here @ there) >= KEY_SIMILARITY


def test_a_judge_that_always_says_yes_merges_nothing_that_a_literal_tells_apart(root: Path) -> None:
    """Of all hand-made traps, those that a literal refuses stay apart whatever the judge says."""
    held = [(Procedure(**one["entry"]), Procedure(**one["changed"])) for one in triples(root)]
    told = [(one, other) for one, other in held if not is_of_wording(find_refusal(one, other))]
    assert len(told) >= 0.96 * len(held)
    for one, other in told[::10]:
        merge = find_merge(ENCODER, other, [Candidate(one, 0.99)], judged_same={(one.id, other.id)})
        assert merge is not None
        assert merge.verdict is MergeVerdict.REFUSED
        assert find_unsure(ENCODER, other, [Candidate(one, 0.99)]) is None


def test_a_rewording_that_the_rules_cannot_tell_is_asked_about_and_merged(root: Path) -> None:
    """The judge's yes makes them one, with the reason on record; without it they stay apart."""
    one, other = next(pair for pair in rewordings(root) if is_of_wording(find_refusal(*pair)))
    assert find_unsure(ENCODER, other, [Candidate(one, 0.9)]) == Candidate(one, 0.9)
    apart = find_merge(ENCODER, other, [Candidate(one, 0.9)])
    joined = find_merge(ENCODER, other, [Candidate(one, 0.9)], judged_same={(one.id, other.id)})
    assert apart is not None
    assert joined is not None
    assert (apart.verdict, joined.verdict) == (MergeVerdict.REFUSED, MergeVerdict.MERGED)
    assert joined.reason.startswith("the model judged them one, against ")


@pytest.mark.parametrize(("verdict", "entries"), [("Yes.", 1), ("No.", 2), ("Who knows?", 2)])
def test_an_ingestion_asks_and_counts_it(verdict: str, entries: int, root: Path, tmp_path: Path) -> None:
    """A near procedure that is kept apart for its wording is asked about once: yes merges it, all else does not."""
    stored, worded = next(pair for pair in rewordings(root) if is_of_wording(find_refusal(*pair)) and is_near(*pair))
    passages = "### Passages\n> I bring the constant over and complete the square"
    hint = f"### Applicable Problems\nAll.\n### Hint\n{worded.subroutine}"
    replies = [
        ScriptedReply(prompt_contains("<first>"), (verdict,)),
        ScriptedReply(prompt_contains("<subquestion>"), (f"{hint}\n{passages}",)),
        ScriptedReply(prompt_contains("### Subquestions"), (f"### Subquestions\n1. {worded.subquestion}",)),
    ]
    engine = ScriptedEngine(replies)
    options = DecompositionOptions(engine, judges_duplicates=True)
    trace = Trajectory(
        "What are the roots?", "I bring the constant over and complete the square. So they are known.", "Known.",
        outcome=Outcome.CORRECT,
    )  # fmt: skip
    with open_memory(tmp_path / "m", encoder=ENCODER, starter=False, decomposition=options) as memory:
        memory.add_entries([replace(stored, applicability="All.")])
        job = memory.ingest(json.loads(write_trajectory(trace)))
        found = [one for one in memory.list_entries() if isinstance(one.entry, Procedure)]
    assert len(found) == entries
    assert sum("<first>" in prompt for prompt in engine.prompts) == 1
    assert job.counts.calls == 3
    job.counts.check()
