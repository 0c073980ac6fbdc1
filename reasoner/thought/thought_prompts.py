"""The texts inserted into a running thought: the opening of recall, the frame of a hint, the cue to continue."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from midthought.memory.records.entry import Entry, Procedure
from midthought.memory.records.hint_marks import DEFAULT_HINT_MARKS
from midthought.memory.records.inert_text import make_inert
from midthought.memory.records.trust import Trust
from midthought.reasoner.thought.recall_texts import RecallTexts, load_recall_texts

_QUOTATION_MARK = re.compile('["\uff02\u201c-\u201f\u2033\u2036\u3003\u301d-\u301f]')
"""What may pass for the mark that ends a quoted key."""


@dataclass(frozen=True, slots=True)
class ThoughtPrompts:
    """The fixed texts of in-thought recall; their roles are those of arXiv 2604.01348, the words are ours.

    Attributes:
        opening: the first sentence of every thought; ends in a colon, and the model continues with its query.
        hint_begin: the mark before a hint.
        hint_end: the mark after it; what is inside is not the model's own thought.
        lead_in: says that a way to solve a related question follows. Those of imported and of flagged entries are in
            `recalls`.
        cue: one word in the model's own voice, from which it continues.
        thought_end: what closes the thinking channel; the query ends there at the latest.
        evidence_lead_in: with evidence first, what the passages are copied after.
        evidence_title: the line above them when the thought begins.
        recalls: the texts around a recall in the middle of a thought, or before it.
        other_marks: what a hint must not hold besides these: how the model asks, and quotes. `ThinkSettings` sets them.
        show_applicability: say in the hint of a procedure where it applies. The published hint does not.
    """

    opening: str = DEFAULT_HINT_MARKS.opening
    hint_begin: str = DEFAULT_HINT_MARKS.begin
    hint_end: str = DEFAULT_HINT_MARKS.end
    lead_in: str = DEFAULT_HINT_MARKS.lead_in
    cue: str = "Now,"
    thought_end: str = "</think>"
    evidence_lead_in: str = "I copy the passages that the answer rests on, letter by letter:"
    evidence_title: str = "Answer from these passages:"
    recalls: RecallTexts = field(default_factory=load_recall_texts)
    other_marks: tuple[str, ...] = ()
    show_applicability: bool = False

    def __post_init__(self) -> None:
        if not self.opening.endswith(":"):
            raise ValueError(f"opening must end in a colon, got {self.opening[-20:]!r}")
        for mark in (self.hint_begin, self.hint_end):
            if not (mark.startswith("[") and mark.endswith("]")):
                raise ValueError(f"a hint's marks stand in square brackets, got {mark!r}")

    def frame_hint(
        self, entry: Entry, trust: Trust = Trust.OWN, *, flags: Sequence[str] = (), cut_body: str | None = None
    ) -> str:
        """Return the hint of one entry, from a line break before its opening mark to the cue; see `frame_entry`.

        Nothing in the entry ends the hint, the thought or the turn, or passes for a mark that does: see `make_inert`.
        """
        return f"\n{self.frame_entry(entry, trust, flags=flags, cut_body=cut_body)}\n{self.cue}"

    def frame_entry(
        self, entry: Entry, trust: Trust = Trust.OWN, *, flags: Sequence[str] = (), cut_body: str | None = None
    ) -> str:
        """Return one entry between the marks of a hint, as it stands before a thought.

        Args:
            entry: what is shown.
            trust: an imported entry is introduced as unverified data.
            flags: what of it looks like instructions: then it is introduced as data, whoever wrote it.
            cut_body: the beginning of its body, shown in its place with a sentence that says so.
        """
        lead_in = self._lead_in(trust, flags)
        body = self.shown_body(entry) if cut_body is None else f"{cut_body} {self.recalls.cut}"
        # The key is shown between double quotation marks.
        key = _QUOTATION_MARK.sub("'", entry.key.strip())
        return self._frame(f'{lead_in} "{key}": {body.strip()}')

    def frame_trace(self, text: str) -> str:
        """Return a part of a trace between the marks of a hint, as it stands before a thought."""
        return self._frame(f"{self.recalls.trace}\n{text.strip()}")

    def frame_nothing(self) -> str:
        """Return the answer to a question of the model that nothing was found for, as `frame_hint` frames hints."""
        return f"\n{self._frame(self.recalls.nothing)}\n{self.cue}"

    def _frame(self, text: str) -> str:
        # All of it at once: a mark may be split between key and body.
        marks = (self.hint_begin, self.hint_end, self.thought_end, *self.other_marks)
        return f"{self.hint_begin}\n{make_inert(text, marks).strip()}\n{self.hint_end}"

    def _lead_in(self, trust: Trust, flags: Sequence[str]) -> str:
        if trust is Trust.IMPORTED:
            return self.recalls.imported
        return self.recalls.flagged if flags else self.lead_in

    def shown_body(self, entry: Entry) -> str:
        """Return what a hint shows of an entry below its key."""
        if self.show_applicability and isinstance(entry, Procedure) and entry.applicability:
            return f"{entry.body}\nIt applies to: {entry.applicability}"
        return entry.body
