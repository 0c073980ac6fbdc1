"""The turns of a trace with tools: who speaks, what is called, what came back."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from midthought.ingest.extraction.example_phrases import load_example_phrases
from midthought.ingest.steps.labels import Role, read_role

_LINE = re.compile(r"[^\n]+")
_LABEL = re.compile(r"[*#_>\s]{0,5}[A-Za-z][A-Za-z _]{0,20}(?:[ \t]*#?\d{1,3})?[*_]{0,2}:[*_]{0,2}[ \t]*")
_CALLED = re.compile(
    r"\s*(?:(?:call|calling|action|tool call|function call)\s*:?\s*)?[\"'{]*(?:\"?name\"?\s*:\s*\")?"
    r"([A-Za-z_][\w.]*)\s*[(\[{\"]",
    re.IGNORECASE,
)
LOOK = 160  # characters of what a tool returned in which a failure is announced


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: `start` and `end` are its place, `body` is where the text after its label begins."""

    role: Role
    start: int
    body: int
    end: int


def read_turns(text: str) -> tuple[Turn, ...]:
    """Return the turns of a text. What stands after a tool's answer, without a label, is a reply."""
    opened = list(_open_turns(text))
    ends = [*(turn.start for turn in opened[1:]), len(text)]
    return tuple(Turn(t.role, t.start, min(t.body, end), end) for t, end in zip(opened, ends, strict=True))


def _open_turns(text: str) -> Iterator[Turn]:
    has_thoughts = (
        re.search(r"^[*#\s]{0,4}(?:thought|assistant|reasoning)s?(?: ?\d+)?\**:", text, re.MULTILINE | re.IGNORECASE)
        is not None
    )
    role: Role | None = None
    after_call, last_end = False, 0
    for match in _LINE.finditer(text):
        line = match[0].strip()
        if not line:
            continue
        new_paragraph = text.count("\n", last_end, match.start()) > 1
        found = read_role(line, after_call=after_call)
        if found is None and (
            role is None or (new_paragraph and role is not Role.REPLY and not (role is Role.RETURNED and has_thoughts))
        ):
            found = Role.REPLY
        if found is not None:
            label = _LABEL.match(text, match.start(), match.end())
            body = label.end() if label and found is not Role.REPLY else match.start()
            yield Turn(found, match.start(), body, match.end())
            after_call = found in (Role.CALL, Role.CELL) or (found is Role.RETURNED and after_call)
            role = found
        last_end = match.end()


def name_of_call(text: str) -> str:
    """Return the name of what a call calls, in lower case; a command's first word if it has no brackets."""
    found = _CALLED.match(text)
    word = found[1] if found else (re.search(r"[A-Za-z_][\w.-]*", text) or [""])[0]
    return word.lower()


def only_reads(name: str) -> bool:
    """Whether a call, by the first word of its name, changes nothing."""
    return re.split(r"[_.\W]|(?<=[a-z])(?=[A-Z])", name)[0].lower() in load_example_phrases().reads


def hands_over(name: str) -> bool:
    """Whether a call, by a word of its name, only hands the request to somebody else."""
    return bool(set(re.split(r"[_.\W]", name.lower())) & load_example_phrases().handoffs)


def is_answer(name: str) -> bool:
    """Whether a call only hands in the final answer."""
    return re.split(r"[_.]", name)[0] in ("finish", "submit", "answer", "final", "done", "stop", "respond")


def has_failed(returned: str) -> bool:
    """Whether a tool says that its call failed."""
    head = returned[:LOOK]
    return not head.strip() or load_example_phrases().failures.search(head) is not None


def only_consents(text: str) -> bool:
    """Whether a user only agrees, thanks or greets."""
    phrases = load_example_phrases()
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", text.strip()) if s]
    return (
        all(
            (phrases.consent.search(s) or phrases.greetings.search(s) or phrases.small_talk.search(s))
            and not phrases.requests.search(s)
            for s in sentences
        )
        and len(text.split()) < 30
    )
