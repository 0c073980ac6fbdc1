"""The prompts of attempts, from ``data/prompts/harvest.toml``."""

import importlib.resources
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

from midthought.ingest.language_model import PromptMessage
from midthought.memory.records.entry import Entry
from midthought.memory.records.hint_marks import DEFAULT_HINT_MARKS, HintMarks
from midthought.memory.records.ids import content_id
from midthought.memory.records.inert_text import make_inert

_BLANK = re.compile(r"\{(question|hints|key|body)\}")
_FRAME = re.compile(r"<(?=/?problem>)", re.IGNORECASE)
_TAGS = re.compile(r"<(?=/?(?:problem|answer)>)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HarvestPrompts:
    """What a model is asked; see the file for what each prompt is for."""

    system: str
    task: str
    hints: str
    hint: str

    @property
    def digest(self) -> str:
        """A content hash: other prompts make other attempts."""
        return content_id("q", *(getattr(self, one.name) for one in fields(self)))

    def ask(
        self, question: str, hints: Sequence[Entry] = (), *, marks: HintMarks = DEFAULT_HINT_MARKS
    ) -> tuple[PromptMessage, ...]:
        """Return what asks for an attempt at a question; hints stand before it, each between the marks of recall."""
        task = _fill(self.task, question=_FRAME.sub("< ", question).strip()).strip()
        if hints:
            framed = "\n\n".join(self._frame(one, marks) for one in hints)
            task = f"{_fill(self.hints, hints=framed).strip()}\n\n{task}"
        return PromptMessage("system", self.system.strip()), PromptMessage("user", task)

    def word_hint(self, entry: Entry, *, marks: HintMarks = DEFAULT_HINT_MARKS) -> str:
        """Return a hint as it is put before a task; nothing in it closes its frame or stands for a control token."""
        key = _disarm(entry.key, marks).replace('"', "'")
        return _fill(self.hint, key=key, body=_disarm(entry.body, marks)).strip()

    def _frame(self, entry: Entry, marks: HintMarks) -> str:
        return f"{marks.begin}\n{self.word_hint(entry, marks=marks)}\n{marks.end}"


@lru_cache(maxsize=1)
def load_harvest_prompts() -> HarvestPrompts:
    """Return the prompts that ship."""
    shipped = importlib.resources.files("midthought") / "prompts" / "harvest.toml"
    return HarvestPrompts(**tomllib.loads(shipped.read_text("utf-8")))


def _fill(template: str, **texts: str) -> str:
    """Return a template with its blanks filled, in one pass: a blank inside a text stays as it is."""
    return _BLANK.sub(lambda blank: texts.get(blank[1], blank[0]), template)


def _disarm(text: str, marks: HintMarks) -> str:
    return make_inert(_TAGS.sub("< ", text), (marks.begin, marks.end)).strip()
