"""The settings of quoting: the mode, the marks, the rules, and the texts that teach a model to quote."""

from dataclasses import dataclass, field
from enum import StrEnum

from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.request import Matching
from midthought.reasoner.spans.rules import SpanRules


class SpanMode(StrEnum):
    """What happens to quotes."""

    OFF = "off"
    """Nothing."""
    VERIFY = "verify"
    """The model quotes freely; each quote is looked up, and unsupported ones are marked. For any engine."""
    CONSTRAIN = "constrain"
    """The model can only copy inside a quote; each quote is looked up as well."""


@dataclass(frozen=True, slots=True)
class SpanSettings:
    """The settings of quoting.

    Attributes:
        delimiters: the marks around a quote; for a model that was trained to quote, those of its training.
        rules, matching, quote_thought: see `SpanRequest`.
        instruction: added to the question, to teach the marks, which replace ``{open}`` and ``{close}``; empty for a
            model that was trained to quote.
        lead_in: written before every continuation, followed by an opening mark, so that it begins with a quote. An
            example teaches small models what an instruction does not. Empty: the model decides about its first quote.
    """

    mode: SpanMode = SpanMode.OFF
    delimiters: Delimiters = field(default_factory=Delimiters)
    rules: SpanRules = field(default_factory=SpanRules)
    matching: Matching = Matching.TEXT
    quote_thought: bool = False
    instruction: str = (
        "Stay with the words in front of you. Whenever you rely on a sentence of the question, of a text beside it or "
        "of a recalled hint, copy it letter by letter between {open} and {close}, then go on in words of your own."
    )
    lead_in: str = " here is the sentence that I need, word for word: "

    @property
    def instruction_text(self) -> str:
        """The instruction with the marks filled in; empty if quotes are off."""
        if self.mode is SpanMode.OFF:
            return ""
        return self.instruction.replace("{open}", self.delimiters.open).replace("{close}", self.delimiters.close)

    @property
    def first_mark(self) -> str:
        """The text before every continuation: the lead-in and an opening mark, or nothing."""
        return self.lead_in + self.delimiters.open if self.lead_in and self.mode is not SpanMode.OFF else ""

    def without_marks(self, text: str) -> str:
        """Return `text` without the delimiters, if quotes are on."""
        if self.mode is SpanMode.OFF:
            return text
        return text.replace(self.delimiters.open, "").replace(self.delimiters.close, "")
