"""A thought that is read while it streams, for the triggers in its middle."""

from dataclasses import dataclass, field

from midthought.api.proxy.proxy_answer import ProxyReceipt
from midthought.api.proxy.thought_steps import ThoughtSteps
from midthought.api.proxy.thoughts.choice_shapes import ReadChoice
from midthought.api.proxy.thoughts.thought_splitter import SplitText, ThoughtSplitter
from midthought.reasoner.engines.served.chat_stream import THOUGHT_FIELDS
from midthought.reasoner.engines.thinking_formats import ThinkingFormat
from midthought.reasoner.thought.thought_session import SessionAction, SessionAnswer


@dataclass(frozen=True, slots=True)
class Cut:
    """The thought is cut, for something is put in.

    Attributes:
        answer: what is put in.
        dropped: what the model had written of the thought behind the place.
    """

    answer: SessionAnswer
    dropped: str


@dataclass(frozen=True, slots=True)
class Watched:
    """What becomes of one choice of one event.

    Attributes:
        text: all that is shown of it; None for the choice as it is.
        field: where that text stands.
        cut: the thought is cut behind it; None if it goes on.
    """

    text: str | None = None
    field: str = ""
    cut: Cut | None = None


@dataclass(slots=True)
class WatchedThought:
    """Reads one thought over all of its requests.

    Args:
        thinking: how the model marks it.
        thought_field: where it comes; empty if it is not known.
        text_field: where a text stands that is not set apart.
        lead: what opened it before the model wrote; None if the model is to open it.

    Attributes:
        length: characters of it, with what was put in.
        is_over: nothing more is put in.
    """

    thinking: ThinkingFormat
    thought_field: str
    text_field: str
    lead: str | None
    length: int = 0
    is_over: bool = False
    _pieces: list[str] = field(default_factory=list)
    _splitter: ThoughtSplitter = field(init=False)

    def __post_init__(self) -> None:
        self._splitter = ThoughtSplitter(self.thinking, opened=self.lead is not None)

    @property
    def is_apart(self) -> bool:
        """Whether the thought comes in another field than the answer."""
        return self.thought_field in THOUGHT_FIELDS

    @property
    def written(self) -> str:
        """The opening and the thought so far."""
        thought = "".join(self._pieces)
        if self.lead is not None:
            return self.lead + thought
        # A parser took away the opening that the model wrote, but not the line break behind it.
        opening = self.thinking.opening
        return (opening.strip() if thought[:1].isspace() else opening) + thought

    def put_in(self, text: str) -> None:
        """Note what was put in; the thought goes on behind it."""
        self._take(text)
        self._splitter = ThoughtSplitter(self.thinking, opened=True)

    def give_up(self) -> None:
        """Put in nothing more."""
        self.is_over = True
        self._splitter = ThoughtSplitter(self.thinking, opened=True)

    async def read(self, read: ReadChoice, steps: ThoughtSteps, receipt: ProxyReceipt, *, may_cut: bool) -> Watched:
        """Read what one event adds, and ask whether something is put in there, if it may be cut."""
        self.thought_field = read.thought_field or self.thought_field
        split = self._split(read)
        ended = bool(read.text or read.has_other) if self.is_apart else self._splitter.is_behind
        had = bool(self.length or self.lead is not None or split.lead or split.thought)
        shown = None if self.is_apart or split.shown == read.text else split.shown
        self.lead = split.lead or self.lead
        self.is_over = ended or bool(read.finish)
        if read.finish or not may_cut or not (split.thought or (ended and had)):
            self._take(split.thought)
            return Watched(shown, self.text_field)
        answer = await steps.step(split.thought, position=self.length, ended=ended)
        receipt.note_step(answer)
        if answer.action is not SessionAction.INJECT:
            self._take(split.thought)
            return Watched(shown, self.text_field)
        return self._cut(split, answer)

    def _split(self, read: ReadChoice) -> SplitText:
        if self.is_apart:
            return SplitText(thought=read.thought, rest=read.text)
        split = self._splitter.push(read.text)
        if not read.finish:
            return split
        held = self._splitter.flush()
        return SplitText(split.lead, split.thought + held.thought, split.closing, split.rest + held.rest)

    def _cut(self, split: SplitText, answer: SessionAnswer) -> Watched:
        """Keep the thought up to the place; its end, if the model has ended it, is written again."""
        kept = max(0, answer.position - self.length)
        thought, dropped = split.thought[:kept], split.thought[kept:]
        self._take(thought)
        self.is_over = False
        return Watched(
            split.lead + thought, self.thought_field if self.is_apart else self.text_field, Cut(answer, dropped)
        )

    def _take(self, text: str) -> None:
        self._pieces.append(text)
        self.length += len(text)
