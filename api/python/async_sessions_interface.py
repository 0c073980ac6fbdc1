"""The methods of `AsyncClient`, made from ``async_sessions_interface.py`` by ``python tests/api/async_twin.py``."""

from collections.abc import Sequence

from midthought.api.argument_checks import check_arguments
from midthought.api.operations.sessions import CloseSession, OpenSession, SessionClosed, SessionOpened, StepSession
from midthought.api.python.async_runs_interface import AsyncRunsInterface
from midthought.api.recall_arguments import as_namespace, read_choice
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.reasoner.thought.thought_session import SessionAnswer
from midthought.reasoner.thought.triggers.trigger import Trigger


@check_arguments
class AsyncSessionsInterface(AsyncRunsInterface):
    """The methods by which another program recalls in its model's thought. They take the namespace by name."""

    async def open_session(
        self,
        question: str,
        *,
        triggers: Sequence[Trigger | str] = ("start",),
        k: int = 3,
        hint_tokens: int = 2000,
        max_hint_tokens: int = 1500,
        recalls: int = 2,
        later_margin: float = 0.05,
        exclude_question: str = "",
        thought_end: str = "</think>",
        boundary_tokens: int = 200,
        every_tokens: int = 500,
        tag_open: str = "<recall>",
        tag_close: str = "</recall>",
        repetition_words: int = 12,
        repetition_times: int = 3,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> SessionOpened:
        """Open a session: recall in a thought about a question that you let your own model write.

        The arguments mean what they do in `ThinkSettings` and `TriggerSettings`, in words instead of tokens; `k`
        entries are asked for at each recall. A session that is left open expires. Raises `BadInput`, also for the
        trigger `uncertainty`, which needs log-probs, and `TooManySessions`.
        """
        request = OpenSession(
            question=question,
            triggers=tuple(read_choice("triggers", one, Trigger) for one in triggers),
            k=k,
            hint_tokens=hint_tokens,
            max_hint_tokens=max_hint_tokens,
            recalls=recalls,
            later_margin=later_margin,
            exclude_question=exclude_question,
            thought_end=thought_end,
            boundary_tokens=boundary_tokens,
            every_tokens=every_tokens,
            tag_open=tag_open,
            tag_close=tag_close,
            repetition_words=repetition_words,
            repetition_times=repetition_times,
        )
        return await self._transport.send(request, as_namespace(namespace))

    async def step_session(
        self,
        session_id: str,
        text: str,
        *,
        position: int,
        ended: bool = False,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> SessionAnswer:
        """Send what the model wrote since the last step, behind `position` characters; return what to put in.

        `position` counts what was put in, too. With `ended` the model is about to end its thought. The last piece sent
        again has the same answer. Raises `SessionGone` for a session that was closed or expired, and `BadInput` for a
        piece that is neither the next nor the last.
        """
        request = StepSession(session_id=session_id, text=text, position=position, ended=ended)
        return await self._transport.send(request, as_namespace(namespace))

    async def close_session(self, session_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> SessionClosed:
        """Close a session; raises `SessionGone`."""
        return await self._transport.send(CloseSession(session_id=session_id), as_namespace(namespace))
