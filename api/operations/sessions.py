"""The operations by which an application recalls in a thought that it lets a model of its own write."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge, Le, MaxLen, MinLen

from midthought.api.operations.recall import MAX_BUDGET, MAX_QUESTION, Recall
from midthought.api.operations.request import MemoryCore, Request, Route
from midthought.api.recall_arguments import check_question
from midthought.api.text_validation import check_text
from midthought.memory.errors import BadInput, MidthoughtError
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.thought.receipts import Receipt
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts
from midthought.reasoner.thought.thought_session import SessionAnswer, ThoughtSession
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings

if TYPE_CHECKING:
    from midthought.reasoner.thought.recalling import FindsEntries
    from midthought.retrieval.hits import RecallResult

_SESSIONS = "/v1/namespaces/{namespace}/sessions"
_SESSION = f"{_SESSIONS}/{{session_id}}"
MAX_PIECE = 100_000
"""Characters of one step."""
MAX_COUNT = 10_000
Words = Annotated[int, Ge(1), Le(MAX_BUDGET)]
SessionMark = Annotated[str, MinLen(1), MaxLen(100)]


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A session that was opened.

    Attributes:
        id: names it in its steps.
        instruction: with the trigger `tag`, what tells the model how to ask: put it behind the question; else empty.
        idle_seconds: it expires so many seconds after its last step.
        total_seconds: and so many after now.
    """

    id: str
    instruction: str
    idle_seconds: float
    total_seconds: float


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A session that is closed."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession(Request[SessionOpened]):
    """Open a session: recall in a thought that you let your own model write. It is not kept over a restart.

    Words count where other pages count tokens, at least one per step: the text alone is known here.
    """

    route: ClassVar = Route("POST", _SESSIONS, status=201)
    result: ClassVar = SessionOpened
    example: ClassVar[dict[str, Any]] = {
        "question": "In how many ways can the letters of LEVEL be arranged?",
        "triggers": ["start", "boundary"],
    }

    question: Annotated[str, MaxLen(MAX_QUESTION)]
    triggers: Annotated[tuple[Trigger, ...], MinLen(1), MaxLen(len(Trigger))] = (Trigger.START,)
    """when recall happens in the thought; `never` stands alone, and `uncertainty` needs an engine of the service"""
    k: Annotated[int, Ge(1), Le(100)] = 3
    """entries asked for at each recall: the first whose hint fits is put in"""
    hint_tokens: Annotated[int, Ge(0), Le(MAX_BUDGET)] = 2000
    """the largest number of tokens of all hints, estimated; that at the start counts, and is never left out"""
    max_hint_tokens: Annotated[int, Ge(1), Le(MAX_BUDGET)] = 1500
    """the largest number of tokens of one hint, estimated: a longer entry is cut behind a sentence"""
    recalls: Annotated[int, Ge(0), Le(100)] = 2
    """the largest number of recalls behind the start"""
    later_margin: Annotated[float, Ge(0), Le(1)] = 0.05
    """a recall behind the start must be this much above the threshold of abstention"""
    exclude_question: Annotated[str, MaxLen(MAX_QUESTION)] = ""
    """entries learnt from a trace of this question, or of a near copy of it, are not put in"""
    thought_end: SessionMark = "</think>"
    """what the model ends its thought with: nothing is put in behind it"""
    boundary_tokens: Words = 200
    """the trigger `boundary` passes over joints before so many words"""
    every_tokens: Words = 500
    """the trigger `every` fires after so many words"""
    tag_open: SessionMark = "<recall>"
    """the trigger `tag` finds the model's query between this"""
    tag_close: SessionMark = "</recall>"
    """and this"""
    repetition_words: Annotated[int, Ge(1), Le(1000)] = 12
    """the trigger `repetition` compares runs of so many words"""
    repetition_times: Annotated[int, Ge(2), Le(MAX_COUNT)] = 3
    """it fires when one run is written for this time"""

    def __post_init__(self) -> None:
        check_question(self.question)
        check_text(self.exclude_question, place="exclude_question")
        for name in ("thought_end", "tag_open", "tag_close"):
            check_text(getattr(self, name), place=name)
        self.settings()

    def settings(self) -> ThinkSettings:
        """Return how recall happens in the session. Raises `BadInput`, also for triggers that need log-probs."""
        if not self.thought_end.strip():
            raise BadInput(f"thought_end must be a text, got {self.thought_end!r}")
        for name, most in (("k", 100), ("repetition_words", 1000)):
            if not 1 <= getattr(self, name) <= most:
                raise BadInput(f"{name} must be 1..{most}, got {getattr(self, name)}")
        try:
            settings = ThinkSettings(
                triggers=self.triggers,
                triggering=self._triggering(),
                recalls=self.recalls,
                hint_tokens=self.hint_tokens,
                max_hint_tokens=self.max_hint_tokens,
                later_margin=self.later_margin,
                samples=self.k,
                procedures=self.k,
                prompts=replace(ThoughtPrompts(), thought_end=self.thought_end),
            )
        except ValueError as error:
            raise BadInput(str(error)) from None
        for trigger in settings.later_triggers:
            if trigger.import_class().needs_log_probs:
                raise BadInput(f"triggers must need the text alone, got {trigger.value!r}, which needs log-probs")
        return settings

    def _triggering(self) -> TriggerSettings:
        return TriggerSettings(
            boundary_tokens=self.boundary_tokens,
            every_tokens=self.every_tokens,
            tag_open=self.tag_open,
            tag_close=self.tag_close,
            repetition_words=self.repetition_words,
            repetition_times=self.repetition_times,
        )

    def run(self, memory: MemoryCore, namespace: Namespace) -> SessionOpened:
        """Make the session; nothing is recalled before its first step."""
        from midthought.api.session_table import make_session_id
        from midthought.retrieval.packing import count_tokens

        session_id, settings, limits = make_session_id(), self.settings(), memory.sessions.limits
        session = ThoughtSession(
            self.question,
            settings,
            recall=self._finder(memory, namespace),
            count_tokens=count_tokens,
            on_injection=_Recorder(memory, namespace, session_id),
        )
        memory.sessions.add(session, namespace, session_id)
        instruction = settings.explain_tag()
        return SessionOpened(session_id, instruction, limits.idle_seconds, limits.total_seconds)

    def _finder(self, memory: MemoryCore, namespace: Namespace) -> "FindsEntries":
        """Return what recalls for the session, and records its receipts as every recall does."""

        def find(query: str, *, k: int, exclude: Sequence[str] = (), explain: bool = False) -> "RecallResult":
            request = Recall(
                query=query[:MAX_QUESTION],
                k=k,
                exclude=tuple(exclude),
                explain=explain,
                for_question=self.question,
                exclude_question=self.exclude_question,
            )
            return request.run(memory, namespace)

        return find


class _Recorder:
    """Records the injections of one session, if receipts are on and can be written."""

    def __init__(self, memory: MemoryCore, namespace: Namespace, session_id: str) -> None:
        self._memory = memory
        self._namespace = namespace
        self._session_id = session_id

    def __call__(self, receipt: Receipt) -> str:
        """Record it; return why that failed, empty if it did not: a hint is useful without its receipt."""
        from midthought.api.receipts import injection_row

        memory = self._memory
        if not memory.receipts or memory.store.read_only:
            return ""
        try:
            memory.store.writer.record_receipt(self._namespace, injection_row(self._session_id, receipt))
        except (MidthoughtError, OSError) as error:
            return f"no receipt: {type(error).__name__}: {error}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSession(Request[SessionAnswer]):
    """Send the next piece of a thought; the answer says whether to put something in, and where.

    The last piece sent again has the same answer, and changes nothing.
    """

    route: ClassVar = Route("POST", f"{_SESSION}/step")
    result: ClassVar = SessionAnswer
    example: ClassVar[dict[str, Any]] = {"text": "I count the letters first.\n\n", "position": 0}

    session_id: str
    text: Annotated[str, MaxLen(MAX_PIECE)]
    """what was written since the last step; may be empty"""
    position: Annotated[int, Ge(0)]
    """characters of the thought before it (Unicode code points), what was put in included"""
    ended: bool = False
    """the model is about to end its thought behind this piece"""

    def __post_init__(self) -> None:
        Request.__post_init__(self)
        check_text(self.text, place="text")
        if len(self.text) > MAX_PIECE:
            raise BadInput(f"text must have at most {MAX_PIECE} characters, got {len(self.text)}")
        if self.position < 0:
            raise BadInput(f"position must be >= 0, got {self.position}")

    def run(self, memory: MemoryCore, namespace: Namespace) -> SessionAnswer:
        """Let the session read it. Two steps of one session come one after the other."""
        session, lock = memory.sessions.get(namespace, self.session_id)
        with lock:
            return session.step(self.text, position=self.position, ended=self.ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSession(Request[SessionClosed]):
    """Close a session; one that is left open expires."""

    route: ClassVar = Route("DELETE", _SESSION)
    result: ClassVar = SessionClosed

    session_id: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> SessionClosed:
        """Remove it."""
        memory.sessions.close(namespace, self.session_id)
        return SessionClosed(self.session_id)
