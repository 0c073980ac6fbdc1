"""How models mark a thought: records of ``data/thinking/formats.toml``, found by a tokeniser or in an answer."""

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from midthought.memory.errors import BadSettings

AUTO = "auto"
"""The setting `thinking` that asks the model's tokeniser."""
THINK, NONE = "think", "none"
"""The format that most models write, and that of models without marks."""


@dataclass(frozen=True, slots=True)
class DividedText:
    """What a model wrote, without marks and the blanks around them.

    Attributes:
        thought: what it thought; empty if it did not.
        answer: what it wrote then; empty while it thinks.
        closed: the thought has an end.
    """

    thought: str
    answer: str
    closed: bool


@dataclass(frozen=True, slots=True)
class ThinkingFormat:
    """How a thought begins and ends.

    Attributes:
        name: as the setting `thinking` names it.
        opening: opens a thought behind the prompt of a chat template.
        closings: each of these ends a thought; the first is the one to write. Empty: it ends with the text.
        answer_opening: stands between the closing and the answer.
        answer_closings: may stand behind an answer.
        marks: a tokeniser or a chat template that has all of these is of this format; empty: never found so.
    """

    name: str
    opening: str
    closings: tuple[str, ...] = ()
    answer_opening: str = ""
    answer_closings: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def ending(self) -> str:
        """What ends a thought and begins the answer; a blank line if there is no mark."""
        return f"{self.closings[0]}{self.answer_opening}" if self.closings else "\n\n"

    def is_opened_by(self, prompt: str) -> bool:
        """Whether a prompt ends in an opened thought, as the chat templates of some models leave it."""
        return bool(self.opening) and prompt.rstrip().endswith(self.opening.rstrip())

    def open(self, prompt: str) -> str:
        """Return a prompt that ends in an opened thought: it is opened unless the chat template has done so."""
        return prompt if self.is_opened_by(prompt) else prompt + self.opening

    def divide(self, text: str, *, opened: bool = True) -> DividedText:
        r"""Return the thought and the answer in what a model wrote.

        Without a closing all is thought if one was opened, otherwise all is the answer. A thought may have several
        parts (a model with channels thinks again); the answer begins behind the last closing before it.

        Args:
            text: what was written.
            opened: the prompt opened a thought.

        >>> find_format_by_name("think").divide("2 and 2\n</think>\n\nIt is 4.")
        DividedText(thought='2 and 2', answer='It is 4.', closed=True)
        """
        body = text.strip()
        begins = body.startswith(self.opening.strip()) and bool(self.opening.strip())
        if begins:
            body = body[len(self.opening.strip()) :]
        thought, answer = self._cut(body)
        if answer is not None:
            return DividedText(thought.strip(), self._strip_answer(answer), closed=True)
        if (opened or begins) and self.closings:
            return DividedText(thought.strip(), "", closed=False)
        return DividedText("", body.strip(), closed=False)

    def _cut(self, body: str) -> tuple[str, str | None]:
        """Return the thought and, if it ends, what stands behind its end."""
        marked = self.answer_opening.strip()
        if marked and marked in body:
            thought, _, answer = body.partition(marked)
            thought = thought.strip()
            return next((thought.removesuffix(one) for one in self.closings if thought.endswith(one)), thought), answer
        ends = [(body.find(one), one) for one in self.closings if one in body]
        if not ends:
            return body, None
        start, closing = min(ends)
        return body[:start], body[start + len(closing) :]

    def _strip_answer(self, answer: str) -> str:
        answer = answer.strip()
        for closing in self.answer_closings:
            answer = answer.removesuffix(closing).rstrip()
        return answer


@cache
def load_formats() -> tuple[ThinkingFormat, ...]:
    """Return the records that ship, the more special ones first."""
    file = importlib.resources.files("midthought") / "thinking" / "formats.toml"
    return parse_formats(tomllib.loads(file.read_text(encoding="utf-8")))


def parse_formats(raw: Mapping[str, Any]) -> tuple[ThinkingFormat, ...]:
    """Return the parsed records; raises `ValueError` naming the one that is wrong."""
    rows = raw.get("format")
    if set(raw) != {"format"} or not isinstance(rows, list):
        raise ValueError("formats.toml: must have [[format]] tables and nothing else")
    found = tuple(_read_row(row, number) for number, row in enumerate(rows, start=1))
    if len({one.name for one in found}) < len(found):
        raise ValueError(f"formats.toml: two formats share a name: {', '.join(one.name for one in found)}")
    return found


def _read_row(row: Mapping[str, Any], number: int) -> ThinkingFormat:
    place = f"formats.toml, format {number}"
    wanted = {one.name for one in fields(ThinkingFormat)} | {"families"}
    if set(row) != wanted:
        raise ValueError(f"{place}: must have {', '.join(sorted(wanted))}; got {', '.join(sorted(row))}")
    for name in ("closings", "answer_closings", "marks", "families"):
        if not isinstance(row[name], list) or not all(isinstance(one, str) and one.strip() for one in row[name]):
            raise ValueError(f"{place}: {name} must be a list of texts, got {row[name]!r}")
    for name in ("name", "opening", "answer_opening"):
        if not isinstance(row[name], str):
            raise ValueError(f"{place}: {name} must be a text, got {row[name]!r}")
    if bool(row["opening"]) != bool(row["closings"]):
        raise ValueError(f"{place}: a thought that is opened must be closed, and the other way round")
    return ThinkingFormat(
        row["name"],
        row["opening"],
        tuple(row["closings"]),
        row["answer_opening"],
        tuple(row["answer_closings"]),
        tuple(row["marks"]),
    )


def format_names() -> tuple[str, ...]:
    """Return what the setting `thinking` may say, apart from ``auto``."""
    return tuple(one.name for one in load_formats())


def find_format_by_name(name: str) -> ThinkingFormat:
    """Return the format of a name. Raises `BadSettings` if there is none."""
    for one in load_formats():
        if one.name == name:
            return one
    raise BadSettings(f"setting 'thinking' must be one of {AUTO}, {', '.join(format_names())}, got {name!r}")


def find_format(tokenizer: Any) -> ThinkingFormat:
    """Return the format of a model by its tokeniser, as transformers has them; ``none`` if it knows no marks.

    The marks must be among the added tokens, or stand in the chat template.
    """
    template = tokenizer.chat_template
    texts = template.values() if isinstance(template, dict) else [template or ""]
    return find_format_of_marks(frozenset(tokenizer.get_added_vocab()), "\n".join(texts))


def find_format_of_marks(tokens: frozenset[str], template: str) -> ThinkingFormat:
    """Return the format whose marks are all among the added tokens, or all in the chat template; ``none`` if none."""
    for one in load_formats():
        if one.marks and (tokens.issuperset(one.marks) or all(mark in template for mark in one.marks)):
            return one
    return find_format_by_name(NONE)


def find_opened_format(prompt: str) -> ThinkingFormat | None:
    """Return the format whose opened thought a prompt ends in; None if it does not end in one."""
    return next((one for one in load_formats() if one.is_opened_by(prompt)), None)


def read_format(text: str) -> ThinkingFormat:
    """Return the format in which something was written: the one whose mark stands first; ``none`` if there is none.

    >>> read_format("<|begin_of_thought|>I count.").name, read_format("2 and 2</think> It is 4.").name
    ('begin_of_thought', 'think')
    """
    places = [
        (text.find(mark), place)
        for place, one in enumerate(load_formats())
        for mark in _telling_marks(one)
        if mark in text
    ]
    return load_formats()[min(places)[1]] if places else find_format_by_name(NONE)


def _telling_marks(thinking: ThinkingFormat) -> list[str]:
    """Return the marks by which a text shows its format: not those that end a turn in other formats too."""
    closings = [one for one in thinking.closings if one in thinking.marks]
    return [mark for mark in (thinking.opening.strip(), thinking.answer_opening.strip(), *closings) if mark]
