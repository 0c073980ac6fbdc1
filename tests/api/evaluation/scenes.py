"""Small evaluations: tasks of a file, and an engine whose answers are known."""

import json
from collections.abc import Mapping
from pathlib import Path

from midthought.api.evaluation.attempt_row import AttemptRow
from midthought.ingest.harvest.attempts import Verdict
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_contains, prompt_ends
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts

QUERY = "How do I sharpen a pencil with a knife?"
"""The key of the one entry of `planted`."""
QUESTIONS = {
    "How many legs do three dogs and two ants have together?": "24",
    "How many wheels do five cars and four bikes have together?": "28",
    "How many corners do two cubes and three squares have together?": "28",
    "How many strings do two violins and one guitar have together?": "14",
}


def write_tasks(folder: Path, tasks: Mapping[str, str] = QUESTIONS) -> Path:
    """A file of tasks."""
    path = folder / "tasks.jsonl"
    path.write_text("".join(json.dumps({"question": one, "gold": gold}) + "\n" for one, gold in tasks.items()))
    return path


def reciting(*, plain: Mapping[str, str], hinted: str = "") -> ScriptedEngine:
    """Recites an answer per question; after a hint every question gets `hinted`."""
    replies = [ScriptedReply(prompt_ends(ThoughtPrompts().opening), (QUERY,))]
    if hinted:
        replies.append(ScriptedReply(prompt_contains(ThoughtPrompts().hint_end), (hinted,)))
    replies += [ScriptedReply(prompt_contains(one), (answer,)) for one, answer in plain.items()]
    return ScriptedEngine(replies)


def says(answer: str) -> str:
    """A thought with an answer after it."""
    return f"I count.\n</think>\nThe final answer is: {answer}"


def row(arm: str, task: int, verdict: Verdict, *, repeat: int = 0) -> AttemptRow:
    """A row that cost 10 tokens, and read 100, 40 of them from a cache."""
    return AttemptRow(
        arm=arm,
        arm_id=f"arm-{arm}",
        task=task,
        repeat=repeat,
        verdict=verdict,
        tokens=10,
        prompt_tokens=100,
        cached_tokens=40,
        seconds=2.0,
    )
