"""Many right trajectories, made from the project's own by other numbers, and a model that words them without thinking.

Each number of a text is moved by the number of its variant, so that no two variants share an entry, while all of them
are near to each other: the hardest case for joining near duplicates.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path

from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.language_model import Answer, Completion, CompletionRequest, Finish
from midthought.ingest.stream.reader import read_trajectories
from midthought.ingest.stream.records import ReadRecord
from midthought.memory.records.trajectory import Outcome, Trajectory

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks" / "extraction"))
from traces import read_right  # noqa: E402  # beside the scripts that measure extraction

_NUMBER = re.compile(r"(?<![\w.])\d{1,6}(?![\w.])")
_THOUGHT = re.compile(r"<thought>\n(?P<text>.+?)\n</thought>", re.DOTALL)
_ASKED = re.compile(r"<subquestion>\n(?P<text>.+?)\n</subquestion>", re.DOTALL)
_LINE = re.compile(r"[^\n]{30,}")
_CASE = re.compile(r"\(case (\d+)\)")
_WORD = re.compile(r"[^\W\d_]{3,}")
_TOPIC_WORDS = 6
_KINDS = ("direct", "inverse", "mixed", "bounded", "repeated", "reduced", "nested", "shared")
"""Three of them name a variant without its number."""


def write_traces(file: Path, records: int) -> Path:
    """Write made trajectories, one per line, and return the file."""
    paths = sorted((ROOT / "data" / "trajectories").glob("*.jsonl"))
    found = [one.trajectory for path in paths for one in read_trajectories(path) if isinstance(one, ReadRecord)]
    own = [json.loads(write_trajectory(one)) for one in found if one.outcome is Outcome.CORRECT and one.finished]
    with file.open("w", encoding="utf-8") as lines:
        for number in range(records):
            lines.write(json.dumps(_vary(own[number % len(own)], number // len(own))) + "\n")
    return file


def choose_real(records: int) -> list[Trajectory]:
    """Return right and finished real traces of the half that may be looked at, the families taking turns."""
    families = read_right(half="build").values()
    turns = (one for some in zip_longest(*families) for one in some if one is not None)
    return list(islice(turns, records))


def _vary(record: dict[str, object], variant: int) -> dict[str, object]:
    moved = {name: _move(value, variant) if isinstance(value, str) else value for name, value in record.items()}
    return moved | {"question": f"{moved['question']} (case {variant})"}


def _move(text: str, variant: int) -> str:
    return _NUMBER.sub(lambda match: str(int(match[0]) + variant), text)


class WordingModel:
    """Asks one question about each trace, and answers it by a passage: what a model costs the pipeline but its time."""

    name = "benchmark:wording"
    context_tokens = None
    can_constrain = False

    def count_tokens(self, text: str) -> int:
        """Return a quarter of the characters."""
        return len(text) // 4

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Yield the answers in order."""
        for place, request in enumerate(requests):
            prompt = "\n".join(message.text for message in request.messages)
            said = _word_subroutine(prompt) if _ASKED.search(prompt) else _word_subquestion(prompt)
            yield place, Completion(said, Finish.STOP, self.count_tokens(prompt), self.count_tokens(said))


def _word_subquestion(prompt: str) -> str:
    case = int((_CASE.search(prompt) or ["", "0"])[1])
    kinds = (_KINDS[case % 8], _KINDS[case // 8 % 8], _KINDS[case // 64 % 8])
    topic = " ".join(_WORD.findall(_part(_THOUGHT, prompt).lower())[:_TOPIC_WORDS])
    kind = " ".join(dict.fromkeys(kinds))
    return f"### Subquestions\n1. How do I treat the {kind} kind of task that begins with {topic}?"


def _word_subroutine(prompt: str) -> str:
    lines = [" ".join(one.split()) for one in _LINE.findall(_part(_THOUGHT, prompt))]
    quotes = "\n\n".join(f"> {line}" for line in lines[:2])
    hint = (
        "Write down what is given and what is asked, choose the relation that holds between the two, work it out step "
        "by step, and check the result against the first line before it is used."
    )
    return f"### Applicable Problems\nTasks of this kind.\n### Hint\n{hint}\n### Passages\n{quotes}"


def _part(pattern: re.Pattern[str], prompt: str) -> str:
    found = pattern.search(prompt)
    return found["text"] if found else prompt
