"""The final answer of a trajectory: marked, announced, or on its last line."""

import re
from collections.abc import Iterator

from midthought.ingest.boxed import find_boxed
from midthought.memory.records.trajectory import Trajectory

MAX_LENGTH = 400
"""Characters of an answer; what is longer is an explanation."""
_HASHES = re.compile(r"^####\s*(.+?)\s*$", re.MULTILINE)
_FINISH = re.compile(r"\bFinish\[(.*?)\](?=\s|$)")
_TAGGED = re.compile(r"<answer>\s*(.*?)\s*</answer>|\[ANSWER\]\s*(.*?)\s*\[/ANSWER\]", re.DOTALL | re.IGNORECASE)
_ANNOUNCED = re.compile(
    r"\b(?:final\s+answer|correct\s+answer|answer|correct\s+(?:option|choice))\b[\s*_]*(?:is|are|:|=|\u2192)[\s:*_]*([^\n]{1,400})",
    re.IGNORECASE,
)


def find_final_answers(trajectory: Trajectory) -> Iterator[str]:
    """Yield every text that stands for the final answer: gold, and all that are marked or announced."""
    if trajectory.gold:
        yield trajectory.gold
    for text in (trajectory.thought, trajectory.answer, trajectory.question):
        yield from find_boxed(text)
    for text in (trajectory.thought, trajectory.answer):
        yield from (clip_announced(match) for match in _ANNOUNCED.findall(text))
        yield from _HASHES.findall(text)
        yield from _FINISH.findall(text)


def clip_announced(text: str) -> str:
    """Return an announced answer up to the end of its sentence, without emphasis."""
    sentence = re.split(
        r"(?<=[^\d\s])\.(?=\s|$)|\.\s*$|\.\s|\s+(?:because|since|so that|as the|which)\b|;", text, maxsplit=1
    )[0]
    return sentence.strip().strip("*_ ").rstrip(".,:")


def marked_answer(text: str) -> str | None:
    r"""Return the last marked or announced answer of a text; None if there is none.

    Marks are tried in this order: ``\boxed{}``, ``<answer>`` tags, ``#### x``, ``Finish[x]``, ``the answer is x``.
    """
    if boxes := list(find_boxed(text)):
        return boxes[-1].strip()
    for pattern in (_TAGGED, _HASHES, _FINISH):
        if found := pattern.findall(text):
            last = found[-1]
            return (last if isinstance(last, str) else "".join(last)).strip()
    announced = [clip for found in _ANNOUNCED.findall(text) if (clip := clip_announced(found))]
    return announced[-1] if announced else None


def last_line(text: str) -> str:
    """Return the last line of a text that is not blank, without emphasis and list marks; empty if it is too long."""
    lines = [line for line in text.splitlines() if line.strip()]
    last = lines[-1].strip().strip("*_#> ") if lines else ""
    return last if len(last) <= MAX_LENGTH else ""


def final_answer(trajectory: Trajectory) -> str | None:
    """Return the answer of a trajectory: the marked one of its answer, else its last line, else of its thought.

    None if the trajectory ends in nothing that could be an answer.
    """
    for text in (trajectory.answer, trajectory.thought):
        if text.strip():
            found = marked_answer(text) or last_line(text)
            if found:
                return found
    return None
