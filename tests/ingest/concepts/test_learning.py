"""Ingestion with concepts: names that come again revise what is stored, and nothing of it is lost."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.concepts.draft import EXTRACTOR
from midthought.ingest.concepts.options import ConceptOptions
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.ingest_options import make_options
from midthought.ingest.retry import retry_letters
from midthought.ingest.verdicts.policy import WrongPolicy
from midthought.memory.errors import BadSettings
from midthought.memory.records.entry import Concept, ConceptKind, Lesson, StoredEntry
from midthought.memory.records.merge import MergeVerdict
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.retrieval.encoders.hashing import HashingEncoder

from .reciting import Reciting, concept, ingestion_of, learn, lesson, trace

SMITH, JONES, BROWN = trace("Smith"), trace("Jones"), trace("Brown")
DEAD_LIST = "subquestions"
GOOD = (
    concept("good one", cues=["twins"]) + "\n" + concept("bad one", description="Number the places from left to right.")
)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """An empty memory."""
    with open_memory(tmp_path / "m", encoder=HashingEncoder(), starter=False) as opened:
        yield opened


def worded(memory: Memory) -> dict[str, StoredEntry]:
    """The concepts and lessons that the model worded, by name or situation, without the routine of the whole task."""
    found = [one for one in memory.list_entries() if getattr(one.entry, "extractor", "") == EXTRACTOR]
    named = {one.entry.name if isinstance(one.entry, Concept) else one.entry.key: one for one in found}
    return {name: one for name, one in named.items() if name != "count arrangements by blocks"}


def one_concept(memory: Memory) -> StoredEntry:
    """The only concept."""
    (found,) = worded(memory).values()
    return found


def letters(memory: Memory, job_id: str) -> list[Any]:
    """The dead letters of concepts."""
    return [one for one in memory.store.reader.list_dead_letters(DEFAULT_NAMESPACE, job_id) if one.stage != DEAD_LIST]


def view_of(prompt: str) -> str:
    """What a prompt shows of the memory."""
    return prompt.split("<memory>\n")[1].split("\n</memory>")[0]


def test_a_name_that_comes_again_revises_the_concept(memory: Memory, tmp_path: Path) -> None:
    """In any spelling: one entry with both sources, the old wording in its history, its first id still known."""
    first = concept("Block method", output_typing="int", parameters=[{"name": "k", "typing": "int"}])
    again = concept(
        "block  METHOD",
        output_typing="",
        routine_subtype="Counter",
        cues=["twins"],
        parameters=[{"name": "K", "description": "size of the block"}, {"name": "n"}],
    )
    model = Reciting(Smith_concepts=[first], Jones_concepts=[again])
    learn(memory, model, tmp_path / "1.jsonl", SMITH)
    before = one_concept(memory)
    learn(memory, model, tmp_path / "2.jsonl", JONES)
    stored = one_concept(memory)
    entry = stored.entry
    assert isinstance(entry, Concept)
    assert (entry.name, entry.output_typing, entry.routine_subtype) == ("Block method", "int", "Counter")
    assert entry.cues == ("things that must stay together", "twins")
    assert [(one.name, one.typing, one.description) for one in entry.parameters] == [
        ("k", "int", "size of the block"),
        ("n", "", ""),
    ]
    assert entry.used_in == (SMITH.id, JONES.id)
    assert {place.trajectory_id for place in stored.provenance} == {SMITH.id, JONES.id}
    assert stored.version == 2
    assert [one.entry for one in memory.history(stored.id)] == [before.entry, entry]
    assert memory.get(before.id).id == stored.id
    (merge,) = [one for one in memory.duplicates(verdict="merged") if one.reason == "one name"]
    assert (merge.entry_id, getattr(merge.other, "name", "")) == (stored.id, "block METHOD")


def test_what_says_nothing_new_adds_its_source_alone(memory: Memory, tmp_path: Path) -> None:
    """A later, emptier wording erases nothing and makes no version."""
    poor = concept("block method", cues=[], implementation=[], output_typing="")
    model = Reciting(Smith_concepts=[concept("block method", output_typing="int")], Jones_concepts=[poor])
    learn(memory, model, tmp_path / "1.jsonl", SMITH)
    before = one_concept(memory)
    learn(memory, model, tmp_path / "2.jsonl", JONES)
    after = one_concept(memory)
    assert (after.id, after.version, after.entry) == (before.id, 1, before.entry)
    assert {place.trajectory_id for place in after.provenance} == {SMITH.id, JONES.id}


def test_concepts_of_one_batch_with_one_name_are_one(memory: Memory, tmp_path: Path) -> None:
    """Also if they come from one problem."""
    both = concept("block method") + "\n" + concept("Block Method", cues=["neighbours"])
    learn(
        memory, Reciting(concepts=[both, concept("BLOCK METHOD", cues=["pairs"])]), tmp_path / "1.jsonl", SMITH, JONES
    )
    entry = one_concept(memory).entry
    assert isinstance(entry, Concept)
    assert entry.cues == ("things that must stay together", "neighbours", "pairs")
    assert len(one_concept(memory).provenance) == 2


def test_another_kind_is_kept_apart_with_a_note(memory: Memory, tmp_path: Path) -> None:
    """A structure and a routine of one name are two concepts; the pair is recorded with the reason."""
    model = Reciting(Smith_concepts=[concept("block")], Jones_concepts=[concept("Block", kind="structure")])
    learn(memory, model, tmp_path / "1.jsonl", SMITH)
    learn(memory, model, tmp_path / "2.jsonl", JONES)
    found = [one.entry for one in worded(memory).values()]
    assert {one.concept_kind for one in found if isinstance(one, Concept)} == set(ConceptKind)
    notes = [one for one in memory.duplicates(verdict="refused") if one.reason.startswith("kind: one name")]
    assert [one.verdict for one in notes] == [MergeVerdict.REFUSED]
    assert {notes[0].entry_id, notes[0].other_id} == {one.id for one in worded(memory).values()}


def test_forgetting_one_concept_moves_no_other(memory: Memory, tmp_path: Path) -> None:
    """The trap of position numbers: what is revised afterwards is the concept of that name, under the id it had."""
    both = (
        concept("block method")
        + "\n"
        + concept("numbering of places", description="Number the places from left to right.")
    )
    model = Reciting(Smith_concepts=[both], Jones_concepts=[concept("numbering of places", cues=["places in a row"])])
    learn(memory, model, tmp_path / "1.jsonl", SMITH)
    before = worded(memory)
    memory.forget(before["block method"].id)
    learn(memory, model, tmp_path / "2.jsonl", JONES)
    (after,) = worded(memory).values()
    assert memory.get(before["numbering of places"].id).id == after.id
    assert "places in a row" in after.entry.key


def test_one_bad_concept_is_asked_for_again_alone(memory: Memory, tmp_path: Path) -> None:
    """The good ones of the first answer stay; the complaint names the bad one; the second answer is taken."""
    bad = concept("bad one").replace('"routine"', "routine")
    model = Reciting(concepts=[concept("good one") + "\n" + bad, concept("bad one")])
    job = learn(memory, model, tmp_path / "1.jsonl", SMITH)
    assert worded(memory).keys() == {"good one", "bad one"}
    again = model.prompts["concepts"][1]
    assert "- bad one: it is not valid JSON." in again
    assert "good one:" not in again
    assert letters(memory, job.id) == []


def test_one_that_stays_bad_is_a_dead_letter_with_its_text(memory: Memory, tmp_path: Path) -> None:
    """Of two bad ones, one comes again unusable, the other is left out: neither is lost without a word."""
    bad = [concept(name, kind="theorem") for name in ("first bad", "second bad")]
    answers = [
        concept("good one") + "\n" + "\n".join(bad),
        bad[0],
        concept("new one", description="Number the places from left to right."),
    ]
    job = learn(memory, Reciting(concepts=answers), tmp_path / "1.jsonl", SMITH)
    assert worded(memory).keys() == {"good one", "new one"}
    found = {one.key: one for one in letters(memory, job.id)}
    assert found.keys() == {"first bad", "second bad"}
    for name, one in found.items():
        assert (one.stage, one.trajectory_id, one.attempts) == ("concepts", SMITH.id, 3)
        assert f'"name": "{name}"' in one.raw
    assert job.counts.dead_letters == 3  # the list of subquestions is the third
    job.counts.check()


def test_what_rests_on_no_passage_is_refused(memory: Memory, tmp_path: Path) -> None:
    """With its reason, as a draft; it was asked for three times."""
    model = Reciting(concepts=[concept("made up", passages=["by the hook length formula we divide"])])
    job = learn(memory, model, tmp_path / "1.jsonl", SMITH)
    assert worded(memory) == {}
    assert dict(job.counts.reasons)["grounding: rests on no passage of its trace"] == 1
    assert len(model.prompts["concepts"]) == 3
    assert letters(memory, job.id) == []


def test_the_checks_hold_for_concepts(memory: Memory, tmp_path: Path) -> None:
    """A name of the problem in a concept refuses it: it is not decoupled from the instance."""
    job = learn(
        memory, Reciting(concepts=[concept("seating of the Okonkwo twins")]), tmp_path / "1.jsonl", trace("Okonkwo")
    )
    assert worded(memory) == {}
    assert any(reason.startswith("names:") for reason, _ in job.counts.reasons)


def test_statements_of_the_trace_are_handed_over_and_not_found_again(memory: Memory, tmp_path: Path) -> None:
    """What was found without a model stands in the prompt; under its name nothing is taken from the model."""
    physics = Trajectory(
        "How strong is the resistance?",
        "Let's think step by step. Therefore, the magnitude of the drag is given by\n$$ F = b v^2 $$\n"
        "where $b$ is the drag coefficient and $v$ is the speed. With $v = 3$ I get 9.",
        "9 N",
        outcome=Outcome.CORRECT,
    )
    passage = {"passages": ["With $v = 3$ I get 9"]}
    model = Reciting(
        concepts=[concept("Magnitude of  the drag", **passage) + "\n" + concept("substitution", **passage)]
    )
    job = learn(memory, model, tmp_path / "1.jsonl", physics)
    handed = model.prompts["concepts"][0].split("<statements>")[1].split("</statements>")[0]
    assert re.search(r"- magnitude of the drag: .*where \$b\$ is the drag", handed, re.IGNORECASE)
    assert worded(memory).keys() == {"substitution"}
    assert dict(job.counts.reasons)["it is a statement of this trace already"] == 1


def test_the_way_to_the_whole_solution_is_a_routine(memory: Memory, tmp_path: Path) -> None:
    """Its pseudocode is the implementation, its summary the description."""
    learn(memory, Reciting(), tmp_path / "1.jsonl", SMITH)
    (stored,) = [one for one in memory.list_entries() if getattr(one.entry, "extractor", "") == EXTRACTOR]
    entry = stored.entry
    assert isinstance(entry, Concept)
    assert (entry.name, entry.concept_kind) == ("count arrangements by blocks", ConceptKind.ROUTINE)
    assert entry.implementation[1] == "arrange blocks and other things"
    assert entry.description == "Things that stay together are arranged as one block."


def test_concepts_used_once_are_shown_by_name_only(memory: Memory, tmp_path: Path) -> None:
    """Those of two problems in full: what they are, when, and how; each batch sees what the one before taught."""
    model = Reciting(concepts=[concept("block method", output_typing="int")])
    learn(memory, model, tmp_path / "1.jsonl", SMITH, JONES, BROWN, batch=1)
    views = [view_of(prompt) for prompt in model.prompts["concepts"]]
    assert views[0] == "(none)"
    assert "- block method [routine] -> int" in views[1]
    assert "cue:" not in views[1]
    assert "cue: things that must stay together" in views[2]
    assert "how: join them to a block" in views[2]


def test_a_memory_that_does_not_fit_is_searched(tmp_path: Path) -> None:
    """Only what is near to the summary is in view; if nothing is, nothing is: never the whole memory."""
    words = [f"z{first}{second}" for first in "abcdefghij" for second in "klmnopqrst"]
    far = [Concept(" ".join([word] * 6), ConceptKind.ROUTINE, f"{word}.") for word in words]
    near = Concept("blocks", ConceptKind.ROUTINE, "Things that stay together are arranged as one block.")
    model = Reciting(pseudocode=["no"], context_tokens=1600)
    # So many places that no two words share one.
    with open_memory(tmp_path / "m", encoder=HashingEncoder(1 << 16), starter=False) as memory:
        memory.add_entries(far)
        learn(memory, model, tmp_path / "1.jsonl", trace("Black"))
        assert view_of(model.prompts["concepts"][0]) == "(none)"
        memory.add_entries([near])
        recited = Reciting(context_tokens=1600)
        learn(memory, recited, tmp_path / "2.jsonl", JONES)
    view = view_of(recited.prompts["concepts"][0])
    assert view == "- blocks [routine]\n  Things that stay together are arranged as one block."


def test_lessons_say_what_their_owner_said_of_the_attempt(memory: Memory, tmp_path: Path) -> None:
    """Of wrong attempts only if that is asked for; a wrong one gives lessons and no concepts."""
    wrong = trace("Green", outcome=Outcome.WRONG)
    answers: dict[str, Any] = {
        "Smith_lessons": [lesson("When a count of blocks looks finished")],
        "Green_lessons": [lesson("When the pair inside of a block is forgotten")],
    }
    skipping = Reciting(**answers)
    learn(memory, skipping, tmp_path / "1.jsonl", SMITH, wrong)
    assert worded(memory).keys() == {"When a count of blocks looks finished"}
    assert len(skipping.prompts["lessons"]) == 1
    keeping = Reciting(**answers)
    learn(memory, keeping, tmp_path / "2.jsonl", replace(wrong, source="again"), wrong=WrongPolicy.KEEP)
    assert len(keeping.prompts["concepts"]) == len(keeping.prompts["pseudocode"]) == 0
    assert "judged wrong" in keeping.prompts["lessons"][0]
    tags = {one.entry.situation: one.entry.tags for one in worded(memory).values() if isinstance(one.entry, Lesson)}
    assert tags == {
        "When a count of blocks looks finished": ("from a right attempt",),
        "When the pair inside of a block is forgotten": ("from a wrong attempt",),
    }


def test_only_the_first_right_attempt_is_asked_about(memory: Memory, tmp_path: Path) -> None:
    """As for procedures."""
    model = Reciting()
    learn(memory, model, tmp_path / "1.jsonl", SMITH, replace(SMITH, source="second"))
    assert [len(model.prompts[kind]) for kind in ("pseudocode", "concepts", "lessons")] == [1, 1, 1]


def test_long_notes_are_written_again(memory: Memory, tmp_path: Path) -> None:
    """Cues and implementation are replaced by shorter ones, all else stays; the old wording is in the history."""
    notes = [f"note number {'abcdefghij'[place % 10] * (place + 1)} about blocks" for place in range(60)]
    long = concept("block method", implementation=notes[:30], output_typing="int")
    longer = concept("block method", implementation=notes[30:])
    shorter = '```json\n{"cues": ["things that stay together"], "implementation": ["join them"]}\n```'
    model = Reciting(
        Smith_concepts=[long], Jones_concepts=[longer], Brown_concepts=[concept("block method")], compression=[shorter]
    )
    learn(memory, model, tmp_path / "1.jsonl", SMITH, JONES, batch=1)
    before = one_concept(memory)
    assert model.prompts["compression"] == []
    learn(memory, model, tmp_path / "2.jsonl", BROWN)
    (asked,) = model.prompts["compression"]
    assert notes[-1] in asked
    stored = one_concept(memory)
    entry = stored.entry
    assert isinstance(entry, Concept)
    # What the third problem adds is joined to the shorter notes.
    assert entry.implementation == ("join them", "join them to a block")
    assert entry.cues == ("things that stay together", "things that must stay together")
    assert (entry.output_typing, entry.description) == ("int", "Treat what stays together as one thing.")
    assert stored.version == before.version + 1
    assert memory.history(stored.id)[-2].entry == before.entry


def test_notes_that_do_not_get_shorter_change_nothing(memory: Memory, tmp_path: Path) -> None:
    """It is a dead letter that names the concept."""
    notes = [f"note {'abcdefghij'[place % 10] * (place + 1)} about blocks" for place in range(60)]
    model = Reciting(
        Smith_concepts=[concept("block method", implementation=notes[:30])],
        Jones_concepts=[concept("block method", implementation=notes[30:])],
        compression=["no"],
    )
    learn(memory, model, tmp_path / "1.jsonl", SMITH, JONES, batch=1)
    before = one_concept(memory)
    job = learn(memory, model, tmp_path / "2.jsonl", BROWN)
    assert one_concept(memory).entry == before.entry
    (letter,) = letters(memory, job.id)
    assert (letter.stage, letter.key, letter.raw) == ("compression", "block method", "no")


def test_drafts_are_folded_when_they_are_accepted(memory: Memory, tmp_path: Path) -> None:
    """What waited for a person revises the concept that has its name by then."""
    model = Reciting(Smith_concepts=[concept("block method")], Jones_concepts=[concept("Block method", cues=["twins"])])
    learn(memory, model, tmp_path / "1.jsonl", SMITH)
    learn(memory, model, tmp_path / "2.jsonl", JONES, choices={"draft": True})
    before = one_concept(memory)
    (draft,) = [one for one in memory.list_drafts() if getattr(one.entry, "name", "") == "Block method"]
    accepted = memory.accept_drafts([draft.id])
    stored = one_concept(memory)
    assert (accepted.entries, accepted.new) == ((stored.id,), 0)
    assert (stored.version, before.version) == (2, 1)
    assert "twins" in stored.entry.key


def test_a_thought_that_is_too_long_is_shown_from_its_end(memory: Memory, tmp_path: Path) -> None:
    """What led to the answer is there; the prompt fits the context."""
    long = replace(SMITH, thought="I try another order of the family first.\n\n" * 300 + SMITH.thought)
    model = Reciting(context_tokens=2000)
    learn(memory, model, tmp_path / "1.jsonl", long)
    for kind in ("pseudocode", "concepts", "lessons"):
        (prompt,) = model.prompts[kind]
        assert "Then I order the pair inside." in prompt
        assert model.count_tokens(prompt) < 2000 - 500
    assert {request.sampling.max_tokens for request in model.requests if "family" in request.messages[1].text} == {500}


def test_a_schema_is_sent_only_where_it_binds(memory: Memory, tmp_path: Path) -> None:
    """Else the form asks for blocks in fences."""
    for number, binds in enumerate((True, False)):
        model = Reciting(can_constrain=binds)
        learn(memory, model, tmp_path / f"{number}.jsonl", trace(f"Family{number}"))
        assert {bool(request.schema) for request in model.requests} == {binds}
        assert ('{"concepts": [' in model.prompts["concepts"][0]) is binds


def test_a_retry_asks_for_concepts_again(memory: Memory, tmp_path: Path) -> None:
    """With draws of their own; what comes is folded into what is stored, and the letters are gone, or stay as they are
    if nobody asks for concepts.
    """
    model = Reciting(
        concepts=[concept("good one") + "\n" + concept("bad one", kind="x"), "no", "no", "no", "no", "no", GOOD]
    )
    job = learn(memory, model, tmp_path / "1.jsonl", SMITH)
    assert [one.key for one in letters(memory, job.id)] == ["bad one"]
    silent = make_options(decomposition=DecompositionOptions(model))
    job = retry_letters(ingestion_of(memory), job, options=silent)
    assert [one.key for one in letters(memory, job.id)] == ["bad one"]
    chosen = replace(silent, concepts=ConceptOptions())
    job = retry_letters(ingestion_of(memory), job, options=chosen)
    assert [one.key for one in letters(memory, job.id)] == [""]
    job = retry_letters(ingestion_of(memory), job, options=chosen)
    assert letters(memory, job.id) == []
    assert worded(memory).keys() == {"good one", "bad one"}
    good = worded(memory)["good one"]
    assert (good.version, len(good.provenance)) == (2, 1)
    assert job.counts.dead_letters == 1  # the list of subquestions
    job.counts.check()


def test_concepts_need_a_model() -> None:
    """It is said before anything is read; so are passes that are none."""
    with pytest.raises(BadSettings, match="concepts are learnt with a language model"):
        make_options(concepts=ConceptOptions())
    for passes in (0, 4):
        with pytest.raises(ValueError, match=r"1\.\.3"):
            ConceptOptions(passes=passes)
