"""The recall of one request: a session over the memory of its namespace, and what is noted of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from midthought.api.live.live_thought import LiveThought
from midthought.api.operations.recall import MAX_QUESTION, Recall
from midthought.api.operations.request import MemoryCore
from midthought.api.proxy.proxy_call import ProxyCall
from midthought.memory.errors import NotFound
from midthought.reasoner.thought.receipts import Receipt
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.thought_session import SessionAction, SessionAnswer, ThoughtSession
from midthought.retrieval.hits import RecallResult
from midthought.retrieval.packing import count_tokens


@dataclass(slots=True)
class RecallNotes:
    """What a session tells while it runs, in the thread that it runs in.

    Attributes:
        recalls: the receipt of every recall.
        withheld: of every hint that was held back.
        has_namespace: whether there is anything to recall from, and to record a run in.
        live: is told the same, for who watches; None if nobody can.
    """

    recalls: list[Receipt] = field(default_factory=list)
    withheld: list[Receipt] = field(default_factory=list)
    has_namespace: bool = True
    live: LiveThought | None = None

    def note_recall(self, receipt: Receipt) -> None:
        """Note a recall."""
        self.recalls.append(receipt)
        if self.live is not None:
            self.live.hear_receipt(receipt)

    def note_withheld(self, receipt: Receipt) -> None:
        """Note a hint that is held back."""
        self.withheld.append(receipt)
        if self.live is not None:
            self.live.hear_receipt(receipt)


def think_settings_of(call: ProxyCall, *, holdout: float) -> ThinkSettings:
    """Return how recall happens in a request."""
    return replace(call.options.session.settings(), holdout=holdout)


class RequestSession:
    """A session that is made at its first step, in the thread of that step.

    Args:
        call: the request; its options have been checked.
        memory: what is recalled from.
        notes: is told what happens.
        withhold: nothing is put in.
    """

    def __init__(self, call: ProxyCall, memory: MemoryCore, notes: RecallNotes, *, withhold: bool) -> None:
        self._call = call
        self._memory = memory
        self._notes = notes
        self._withhold = withhold
        self._session: ThoughtSession | None = None

    def step(self, text: str, *, position: int, ended: bool = False) -> SessionAnswer:
        """See `ThoughtSession.step`. A namespace that does not exist has no hints; other errors are raised."""
        if self._session is None:
            try:
                self._memory.store.reader.get_namespace(self._call.namespace)
            except NotFound as error:
                self._notes.has_namespace = False
                return SessionAnswer(SessionAction.NONE, reason=str(error))
            self._session = self._open()
        return self._session.step(text, position=position, ended=ended)

    def _open(self) -> ThoughtSession:
        return ThoughtSession(
            self._call.question[:MAX_QUESTION],
            self._call.options.session.settings(),
            recall=self._recall,
            count_tokens=count_tokens,
            on_injection=self._note_injection,
            on_recall=self._notes.note_recall,
            withhold=self._withhold,
        )

    def _recall(self, query: str, *, k: int, exclude: Sequence[str] = (), explain: bool = False) -> RecallResult:
        """Search without a receipt: those of the run tell it."""
        session = self._call.options.session
        request = Recall(
            query=query[:MAX_QUESTION],
            k=k,
            exclude=tuple(exclude),
            explain=explain,
            for_question=self._call.question[:MAX_QUESTION],
            exclude_question=session.exclude_question,
        )
        return request.search(self._memory, self._call.namespace)

    def _note_injection(self, receipt: Receipt) -> str:
        """Note what is held back; what is put in is noted by who puts it in."""
        if self._withhold:
            self._notes.note_withheld(receipt)
        return ""
