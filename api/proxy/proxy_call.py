"""One request to the proxy, as it was read: what goes up, and how recall is to happen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from midthought.api.proxy.proxy_options import ProxyOptions
from midthought.api.proxy.upstream import Headers
from midthought.memory.records.namespace import Namespace


class ProxyKind(StrEnum):
    """What a path is for; the value is its path."""

    CHAT = "/v1/chat/completions"
    COMPLETIONS = "/v1/completions"
    RESPONSES = "/v1/responses"
    MESSAGES = "/v1/messages"
    OTHER = ""
    """Relayed as it is: models, embeddings, stored responses, counts of tokens."""

    @property
    def recalls(self) -> bool:
        """Whether recall may happen in it."""
        return self is not ProxyKind.OTHER


@dataclass(frozen=True, slots=True)
class ProxyCall:
    """One request.

    Attributes:
        kind: what its path is for.
        method: of HTTP.
        path: as it goes up: without the namespace, with the query.
        headers: all that go up. Those of the caller's key with us are not among them; that of the upstream is.
        raw: the body as it came.
        body: the JSON object of it, without ``midthought``; empty if it is none, or if the memory is off. Nobody
            changes it: what differs is made as a copy.
        options: how recall is to happen.
        namespace: whose entries are recalled.
        question: what to search for; empty if the request has no text of a user.
    """

    kind: ProxyKind
    method: str
    path: str
    headers: Headers
    raw: bytes
    options: ProxyOptions
    namespace: Namespace
    body: Mapping[str, Any] = field(default_factory=dict)
    question: str = ""

    @property
    def streams(self) -> bool:
        """Whether the client asked for events."""
        return self.body.get("stream") is True

    @property
    def model(self) -> str:
        """The name of the model; empty if the body has none."""
        name = self.body.get("model")
        return name if isinstance(name, str) else ""
