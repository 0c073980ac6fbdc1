"""The routes of one server on which a model thinks: asked once, or followed while it answers."""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import BadSettings, EngineFailed, Unreachable
from midthought.reasoner.engines.model_endpoint import ModelEndpoint
from midthought.reasoner.engines.served.event_stream import Event, read_events
from midthought.retrieval.json_endpoint import TRANSIENT, JsonEndpoint

if TYPE_CHECKING:
    import httpx

_BUSY = TRANSIENT - {500}
"""Statuses that say nothing of what a server can do. Some answer 500 to what they do not know."""
_REFUSED_KEY = frozenset({401, 403})


class ServerRoute(StrEnum):
    """What a server may answer; the first two under ``/v1``, the others at its root."""

    COMPLETIONS = "/completions"
    CHAT = "/chat/completions"
    TOKENIZE = "/tokenize"
    DETOKENIZE = "/detokenize"
    APPLY_TEMPLATE = "/apply-template"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered to one request.

    Attributes:
        status: of HTTP.
        content: the JSON; empty if it is no object.
        shown: the beginning of the text, for messages; without the key.
    """

    status: int
    content: Mapping[str, Any]
    shown: str

    @property
    def is_refusal(self) -> bool:
        """Whether the request was not carried out."""
        return self.status >= 400


class ModelServer:
    """A server and the model on it. Threads may share it.

    Args:
        endpoint: where it is, and how it is asked.
        sleep: waits between two attempts at a request.
        clock: seconds from any start.

    Raises:
        BadSettings: the URL cannot be used.
    """

    def __init__(
        self,
        endpoint: ModelEndpoint,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.endpoint = endpoint
        self._sleep = sleep
        self._clock = clock
        self._lock = Lock()
        self._routes: dict[str, JsonEndpoint] = {}
        self._route(ServerRoute.CHAT)

    def ask(self, route: ServerRoute, body: Mapping[str, Any]) -> Reply:
        """Return the answer to one request, which is short; a refusal too.

        Raises `Unreachable` if there is none or the server is busy, and `BadSettings` if the key is refused.
        """
        asked = self._route(route)
        response = asked.post(self._with_model(body), is_short=True)
        if response.status_code in _BUSY:
            raise asked.failure(f"status {response.status_code}: {asked.quote(response)}")
        if response.status_code in _REFUSED_KEY:
            reason = f"status {response.status_code}: {asked.quote(response)}"
            raise BadSettings(f"{asked.failure(reason)}; see the settings 'model_url' and 'model_key'")
        return Reply(response.status_code, _json_object(response), asked.quote(response))

    def read(self, path: str) -> str | None:
        """Return the text of a page at the root of the server, as ``/metrics``; None if there is none."""
        response = self._route(ServerRoute.TOKENIZE).get(path)
        return None if response is None else response.text

    def stream(self, route: ServerRoute, body: Mapping[str, Any]) -> Generator[Event, None, None]:
        """Yield what the server sends while it writes; closing the generator closes the connection.

        Raises `EngineFailed`: it refuses, breaks off, reports an error, or is silent for longer than the time-out.
        """
        import httpx

        asked = self._route(route)
        try:
            with asked.stream({**self._with_model(body), "stream": True}) as response:
                if not response.is_success:
                    raise EngineFailed(f"the server refused: status {response.status_code}: {asked.quote(response)}")
                chunks = response.iter_bytes()
                yield from read_events(chunks, patience=self.endpoint.access.timeout, clock=self._clock)
        except Unreachable as error:
            raise EngineFailed(str(error)) from error
        except httpx.ReadTimeout as error:
            seconds = f"{self.endpoint.access.timeout:g}"
            raise EngineFailed(f"the server was silent for {seconds} seconds: see 'model_timeout'") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            reason = asked.conceal(str(error))
            raise EngineFailed(f"the connection to the server broke ({type(error).__name__}: {reason})") from error

    def _with_model(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"model": self.endpoint.model, **body}

    def _route(self, route: ServerRoute) -> JsonEndpoint:
        with self._lock:
            if route not in self._routes:
                self._routes[route] = self._connect(route)
            return self._routes[route]

    def _connect(self, route: ServerRoute) -> JsonEndpoint:
        access = self.endpoint.access
        base = access.base.rstrip("/").removesuffix(ServerRoute.CHAT)
        if route not in (ServerRoute.COMPLETIONS, ServerRoute.CHAT):
            # A URL that ends in the route is taken as it is: these lie beside ``/v1``.
            base = base.removesuffix("/v1") + route
        return JsonEndpoint(
            replace(access, base=base),
            route,
            setting="model_url",
            whose="the model server",
            model=self.endpoint.model,
            sleep=self._sleep,
        )


def first_choice(reply: Reply) -> Mapping[str, Any]:
    """Return the answer in a reply; empty if there is none."""
    return choice_in(reply.content)


def choice_in(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the first choice of an answer or an event; empty if there is none."""
    choices = content.get("choices")
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}


def _json_object(response: "httpx.Response") -> Mapping[str, Any]:
    try:
        content = response.json()
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
