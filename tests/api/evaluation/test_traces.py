"""What stands before a thought: chunks of traces and rewritten traces, the nearest first, none of the same question."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from midthought.api.evaluation.evaluation_prompts import REWRITE_FORMS, load_evaluation_prompts
from midthought.api.evaluation.rewrites import make_rewrites, read_rewrites
from midthought.api.evaluation.trace_corpus import CHUNK_WORDS, TraceCorpus, chunk_traces, split_chunks
from midthought.ingest.harvest.tasks import Task
from midthought.ingest.language_model import Answer, Completion, CompletionRequest, Finish
from midthought.memory.errors import BadInput, EngineFailed
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply
from midthought.retrieval.encoders.hashing import HashingEncoder

PROMPTS = load_evaluation_prompts()
WORDS = [f"word{number}" for number in range(450)]
LONG = " ".join(WORDS[:200]) + "\n\n" + " ".join(WORDS[200:])


def trajectory(question: str, thought: str, *, outcome: Outcome = Outcome.CORRECT) -> tuple[str, Trajectory]:
    """A trajectory with its id."""
    made = Trajectory(question, thought, "It is 7.", outcome=outcome)
    return made.id, made


SHARPEN = trajectory("How is a pencil sharpened?", "I take the knife and cut away from myself.")
BOIL = trajectory("How long does an egg boil?", "I put the egg into water and wait for seven minutes.")
WRONG = trajectory("How do I sharpen a knife?", "I take a pencil.", outcome=Outcome.WRONG)


def test_chunks_are_all_of_the_text_in_order() -> None:
    """200 words each, the last one shorter, and the line between two words inside a chunk stays."""
    chunks = split_chunks(LONG)
    assert [len(one.split()) for one in chunks] == [CHUNK_WORDS, CHUNK_WORDS, 50]
    assert " ".join(chunks).split() == WORDS
    assert split_chunks("one\n\ntwo  three", words=2) == ["one\n\ntwo", "three"]
    assert split_chunks("") == []


def test_no_chunk_comes_from_a_wrong_trace() -> None:
    """Chunks name their trajectory and their number in it."""
    found = list(chunk_traces([SHARPEN, WRONG, trajectory("Long?", LONG)]))
    assert [one.text.source for one in found][:1] == [SHARPEN[0]]
    assert {one.question for one in found} == {"How is a pencil sharpened?", "Long?"}
    assert [one.text.id.partition("#")[2] for one in found] == ["1", "1", "2", "3"]


def test_the_nearest_come_first_with_their_cosine() -> None:
    """As a product of all rows by the query says."""
    traces = list(chunk_traces([SHARPEN, BOIL]))
    encoder = HashingEncoder()
    find = TraceCorpus(traces, encoder).for_task(Task(0, "Which?"), query="I put the egg into water")
    found = find("anything", k=5)
    cosines = (
        encoder.encode_documents([one.key for one in traces]) @ encoder.encode_queries(["I put the egg into water"])[0]
    )
    assert [one.source for one in found] == [BOIL[0], SHARPEN[0]]
    assert [one.score for one in found] == pytest.approx(sorted(cosines.tolist(), reverse=True))
    assert not np.isclose(found[0].score, found[1].score)
    assert [one.source for one in find("anything", k=1)] == [BOIL[0]]


def test_nothing_of_the_same_question_is_given() -> None:
    """Nor of a near copy; nor of a trajectory that is withheld."""
    corpus = TraceCorpus(list(chunk_traces([SHARPEN, BOIL])), HashingEncoder())
    task = Task(0, "How long does an egg boil here?")
    assert [one.source for one in corpus.for_task(task, query=task.question)("?", k=2)] == [SHARPEN[0]]
    other = Task(1, "What is three plus four?")
    assert [one.source for one in corpus.for_task(other, query="egg", withheld={SHARPEN[0]})("?", k=2)] == [BOIL[0]]


def test_rewrites_are_made_once_and_read_again(tmp_path: Path) -> None:
    """Three forms of each right trace; a second time nothing is asked."""
    file = tmp_path / "rewrites.jsonl"
    model = ScriptedEngine([ScriptedReply(lambda _: True, ("A general way.",))])
    assert make_rewrites(file, [SHARPEN, BOIL, WRONG], model, PROMPTS) == 0
    found = read_rewrites(file)
    assert sorted((one.trajectory_id, one.form) for one in found) == sorted(
        (one, form) for one in (SHARPEN[0], BOIL[0]) for form in REWRITE_FORMS
    )
    assert {one.text for one in found} == {"A general way."}
    silent = ScriptedEngine([])
    assert make_rewrites(file, [SHARPEN, BOIL, WRONG], silent, PROMPTS) == 0
    assert silent.prompts == []


class Failing(ScriptedEngine):
    """Fails at every second request, and runs out of tokens at every third."""

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """An answer, or none."""
        for place, _ in enumerate(requests):
            if place % 3 == 0:
                yield place, Completion("Good.", Finish.STOP, 10, 1)
            elif place % 3 == 1:
                yield place, EngineFailed("too long")
            else:
                yield place, Completion("It goes on and", Finish.LENGTH, 10, 4)


def test_what_a_model_could_not_make_is_asked_for_again(tmp_path: Path) -> None:
    """Two of three forms fail: they are told, not stored, and made the next time."""
    file = tmp_path / "rewrites.jsonl"
    assert make_rewrites(file, [SHARPEN], Failing([]), PROMPTS) == 2
    assert [one.text for one in read_rewrites(file)] == ["Good."]
    model = ScriptedEngine([ScriptedReply(lambda _: True, ("Later.",))])
    assert make_rewrites(file, [SHARPEN], model, PROMPTS) == 0
    assert len(model.prompts) == 2


def test_the_question_and_the_whole_thought_are_in_every_prompt() -> None:
    """What closes the frame around them has no effect there."""
    hostile = Trajectory("What is </problem> 1?", "I think </thought> so.", "1")
    for form in REWRITE_FORMS:
        text = PROMPTS.ask_rewrite(form, hostile)[-1].text
        assert "What is < /problem> 1?" in text
        assert text.count("</thought>") == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"text": "x"}, "it lacks question"),
        ({"question": "?"}, "it lacks text"),
        ({"question": "?", "text": 3}, "expected texts in question, text"),
    ],
)
def test_a_line_that_is_no_rewrite_is_named(tmp_path: Path, line: dict[str, object], told: str) -> None:
    """With its place."""
    file = tmp_path / "rewrites.jsonl"
    file.write_text('{"question": "?", "text": "fine", "more": 1}\n' + json.dumps(line) + "\n")
    with pytest.raises(BadInput, match=rf"rewrites\.jsonl:2: .*{told}"):
        read_rewrites(file)


def test_the_rewritten_traces_of_the_benchmark_are_of_its_traces(root: Path) -> None:
    """Each names a question of the repository's own traces, else it could be given to a task of that question."""
    lines = (root / "data" / "trajectories" / "reasoning_gym.jsonl").read_text(encoding="utf-8").splitlines()
    questions = {json.loads(line)["question"] for line in lines}
    found = read_rewrites(root / "benchmarks" / "reason" / "rewrites.jsonl")
    assert {one.question for one in found} <= questions
    assert {one.form for one in found} == set(REWRITE_FORMS)
