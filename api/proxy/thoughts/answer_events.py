"""The events of an answer to the client: one id, one role, one end, and what all requests together cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from midthought.api.proxy.proxy_answer import ProxyReceipt
from midthought.api.proxy.thoughts.choice_shapes import Json, ReadChoice
from midthought.api.proxy.thoughts.leg_stream import LegEvent, write_event
from midthought.api.proxy.thoughts.token_counts import LegCount, add_legs

_SAME = ("id", "created", "model")
"""Fields of the first event that all others have too."""


@dataclass(slots=True)
class AnswerEvents:
    """Writes the events of one answer.

    Args:
        body: of the client, which says what usage it wants.
        receipt: is told what each request cost.

    Attributes:
        counts: what each request cost, the running one last.
        finished: the upstream has said why the answer ends.
    """

    body: Mapping[str, Any]
    receipt: ProxyReceipt
    counts: list[LegCount] = field(default_factory=lambda: [LegCount()])
    finished: bool = False
    _head: Json = field(default_factory=dict)
    _ends: list[bytes] = field(default_factory=list)
    _usage: Json | None = None
    _often: bool = False  # the upstream tells usage in every event, so the last with a choice is not where it is told

    @property
    def spent(self) -> int:
        """Tokens that were written in all requests."""
        return sum(one.written for one in self.counts)

    def note(self, content: Mapping[str, Any], read: Sequence[ReadChoice]) -> None:
        """Read one event of the upstream."""
        self.counts[-1].note(content.get("usage"), has_text=any(one.thought or one.text for one in read))
        self._often = self._often or (bool(content.get("usage")) and not all(one.finish for one in read))
        if read and not self._head:
            self._head = {name: value for name, value in content.items() if name not in ("choices", "usage")}

    def write(self, event: LegEvent, choices: Sequence[Json]) -> bytes:
        """Return an event with these choices: as it came if nothing is to be changed."""
        assert event.content is not None
        content = self._with_usage(
            self._with_head(event.content), is_end=any(one.get("finish_reason") for one in choices)
        )
        content["choices"] = list(choices)
        return event.raw if event.raw and content == event.content else write_event(content)

    def make(self, choice: Json) -> bytes:
        """Return an event that the upstream did not send."""
        return write_event(self._head | {"choices": [choice]})

    def hold(self, end: bytes) -> list[bytes]:
        """Keep the end of an answer until all that it cost is known; return what was kept before."""
        held, self._ends, self.finished = self._ends, [end], True
        return held

    def keep_usage(self, event: LegEvent) -> list[bytes]:
        """Keep an event that brings only usage for the end; others without choices pass."""
        assert event.content is not None
        if not event.content.get("usage"):
            return [event.raw or write_event(event.content)]
        self._usage = dict(event.content)
        return []

    def finish(self) -> list[bytes]:
        """Return the last events, without ``[DONE]``, and say in the receipt what all requests cost."""
        self.note_legs()
        ends, self._ends = self._ends, []
        if self._usage is None or not self._wants("include_usage"):
            return ends
        return [*ends, write_event(self._merge(self._with_head(self._usage)))]

    def note_legs(self) -> None:
        """Say in the receipt what each request cost."""
        self.receipt.legs[:] = [one.as_leg() for one in self.counts]

    def _with_head(self, content: Mapping[str, Any]) -> Json:
        return {**content, **{name: self._head[name] for name in _SAME if name in self._head}}

    def _with_usage(self, content: Json, *, is_end: bool) -> Json:
        if not content.get("usage"):
            return content
        at_end = is_end and self._wants("include_usage") and not self._often
        if not (at_end or self._wants("continuous_usage_stats")):
            return {name: value for name, value in content.items() if name != "usage"}
        return self._merge(content)

    def _merge(self, content: Json) -> Json:
        return content | {"usage": add_legs(content["usage"], self.counts[:-1])}

    def _wants(self, name: str) -> bool:
        options = self.body.get("stream_options")
        if isinstance(options, dict) and options.get(name) is True:
            return True
        return name == "include_usage" and self.body.get("stream") is not True  # an answer in one piece has it
