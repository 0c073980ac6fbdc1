"""What passed through the proxy, as it is handed on: the question, the bytes of the answer, and what was put in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.memory.records.namespace import Namespace


@dataclass(frozen=True, slots=True)
class ShownHint:
    """A hint that the model was shown.

    Attributes:
        entry_ids: of whose entries its text is; none if the memory found nothing.
        text: as it was put in.
        position: characters of the thought before it; None if it stood before the question's thought.
    """

    entry_ids: tuple[str, ...]
    text: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class PassedThought:
    """One answer that passed, when it has ended.

    Attributes:
        namespace: who learns from it.
        kind: what its path is for.
        question: the last text of the user; empty if there is none.
        request: the JSON that was asked; nobody changes it.
        body: the bytes of the answer, cut anywhere: events, or one JSON object.
        encoding: its ``content-encoding``; empty for none.
        status: of HTTP.
        model: as the request named it.
        run_id: of the run that is recorded for it; empty if none is.
        shown: hints, in order.
        expected: the right answer, if the request told it.
        is_complete: the answer came to its end, and the client was there.
        is_whole: all of its bytes are here; false if there was no room for them.
    """

    namespace: Namespace
    kind: ProxyKind
    question: str
    body: tuple[bytes, ...]
    encoding: str = ""
    status: int = 200
    model: str = ""
    run_id: str = ""
    shown: tuple[ShownHint, ...] = ()
    expected: str = ""
    is_complete: bool = True
    is_whole: bool = True
    request: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The bytes of the answer."""
        return sum(map(len, self.body))
