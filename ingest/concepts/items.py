"""Collecting the items of several answers: what is good is kept, and only what is broken is asked for again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from midthought.ingest.concepts.answers import BadItem, Item, WordedItem
from midthought.ingest.concepts.merge import name_key
from midthought.ingest.decomposition.answers import AnswerFault, AnswerFaultKind
from midthought.ingest.decomposition.passages import TraceSearch
from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.language_model import Completion
from midthought.memory.records.entry import Concept, Lesson

ENTRY = TypeVar("ENTRY", Concept, Lesson)


@dataclass(slots=True)
class ItemCollector(Generic[ENTRY]):
    """The items of one list that is asked for, over all attempts at it.

    Attributes:
        read_answer: reads one answer.
        search: finds the passages in the trace.
        good: items with the passages that were found.
        bad: those that could not be used, and have not come again in a form that can.
    """

    read_answer: Callable[[Completion], tuple[Item[ENTRY], ...] | AnswerFault]
    search: TraceSearch
    good: list[ExtractedEntry[ENTRY]] = field(default_factory=list)
    bad: list[BadItem] = field(default_factory=list)

    def read(self, answer: Completion) -> "ItemCollector[ENTRY] | AnswerFault":
        """Take in an answer, and return what is wrong, if anything is."""
        found = self.read_answer(answer)
        if isinstance(found, AnswerFault):
            return found
        asked, self.bad = self.bad, []
        for item in found:
            self._take(item, asked)
        # A model that leaves out what it was asked to write again does not make it good.
        self.bad += asked
        return AnswerFault(AnswerFaultKind.IN_PART, _list_bad(self.bad)) if self.bad else self

    def _take(self, item: Item[ENTRY], asked: list[BadItem]) -> None:
        """Take in one item, which answers for one of those that were asked for again."""
        called = item.name if isinstance(item, BadItem) else _name_of(item.entry)
        same = [one for one in asked if name_key(one.name) == name_key(called)]
        nameless = [one for one in asked if not one.name]
        for answered in (same or nameless or (asked if len(asked) == 1 else []))[:1]:
            asked.remove(answered)
        if isinstance(item, BadItem):
            self.bad.append(item)
        elif spans := self.search.find(item.passages):
            self.good.append(ExtractedEntry(item.entry, spans))
        else:
            self.bad.append(_ungrounded(item))


def _ungrounded(item: WordedItem[ENTRY]) -> BadItem:
    complaint = "none of its passages stands in the thought or the answer: copy them word for word."
    raw = "\n".join([item.entry.key, item.entry.body, *item.passages])
    return BadItem(_name_of(item.entry), raw, AnswerFault(AnswerFaultKind.NO_PASSAGE, complaint))


def _name_of(entry: Concept | Lesson) -> str:
    return entry.name if isinstance(entry, Concept) else entry.situation


def _list_bad(bad: list[BadItem]) -> str:
    return "\n".join(f"- {one.name or f'number {place}'}: {one.fault.complaint}" for place, one in enumerate(bad, 1))
