"""What is known of the models of one upstream: asked once for all requests that wait, and again after some time."""

import asyncio
import hashlib
import json
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from midthought.api.proxy.thoughts.server_tokenizer import NotKnown, ServerTokenizer
from midthought.api.proxy.thoughts.upstream_abilities import UpstreamAbilities, find_abilities
from midthought.api.proxy.upstream import Headers, Upstream
from midthought.reasoner.engines.thinking_formats import AUTO

_log = logging.getLogger(__name__)
_MAX_MODELS, _MAX_CALLERS = 256, 1024
"""Names and keys come from clients."""
_CREDENTIALS = frozenset({"authorization", "x-api-key", "api-key", "cookie", "openai-organization", "openai-project"})
"""Headers by which a server may refuse one caller what it gives to others."""
_PREFILL_REFUSED = re.compile(r"prefill is incompatible|continue_final_message|add_generation_prompt")
_TEMPLATE = ("chat_template", "chat_template_kwargs")


@dataclass(frozen=True, slots=True)
class AbilityTimes:
    """How long things may take, in seconds.

    Attributes:
        wait: a request waits for what is asked for it; then it goes on without.
        fresh: what was found is asked for again after so long, while it still counts.
        whole: all questions about a model together may take so long.
        retry: a server that said nothing to a caller is asked again with its key after so long.
    """

    wait: float = 2.0
    fresh: float = 600.0
    whole: float = 15.0
    retry: float = 20.0


@dataclass(slots=True)
class _Known:
    """What one model with one template was seen to do; it counts for every caller."""

    found: UpstreamAbilities | None = None
    due: float = 0.0


@dataclass(slots=True)
class _Caller:
    """What one caller was told of one model with one template: a refusal of its key is no news for others."""

    found: UpstreamAbilities | None = None
    why: str = "the upstream is still being asked what it can do"
    due: float = 0.0
    task: "asyncio.Task[None] | None" = None


@dataclass(slots=True)
class AbilityTable:
    """The models of one upstream. All methods run on its event loop.

    Args:
        upstream: the server.
        times: how long things may take.
        clock: seconds from any start.
        thinking: the setting `thinking`: the name of a format, or ``auto`` for what shows.
    """

    upstream: Upstream
    times: AbilityTimes = field(default_factory=AbilityTimes)
    clock: Callable[[], float] = time.monotonic
    thinking: str = AUTO
    _models: "OrderedDict[str, _Known]" = field(default_factory=OrderedDict)
    _callers: "OrderedDict[str, _Caller]" = field(default_factory=OrderedDict)

    async def find(self, model: str, body: Mapping[str, Any], headers: Headers) -> tuple[UpstreamAbilities | None, str]:
        """Return what is known of a model, waiting a little for the first answer; None and why if nothing is.

        Args:
            model: its name.
            body: of the request, whose template is tried out.
            headers: of the caller, with the key that the server may need.
        """
        server = ServerTokenizer(self.upstream, model, headers, template_fields(body))
        known = self._known(_key(model, server.template))
        caller = self._caller(_key(model, server.template, _credentials(headers)))
        if caller.task is None and self.clock() >= max(known.due, caller.due):
            if known.found is not None:
                known.due = self.clock() + self.times.retry  # one caller asks again for all
            caller.task = asyncio.create_task(self._ask(known, caller, server))
        if known.found is None and caller.found is None and caller.task is not None:
            await asyncio.wait([caller.task], timeout=self.times.wait)
        found = known.found or caller.found
        return found, "" if found else caller.why

    def note_refusal(self, model: str, body: Mapping[str, Any], why: str) -> None:
        """Remember that a message was not continued, if a refusal says that none is (llama.cpp with thinking on)."""
        known = self._models.get(_key(model, template_fields(body)))
        if known and known.found and _PREFILL_REFUSED.search(why):
            known.found = replace(known.found, no_prefill=why)

    def server(self, model: str, body: Mapping[str, Any], headers: Headers) -> ServerTokenizer:
        """Return what asks for the tokens of one request."""
        return ServerTokenizer(self.upstream, model, headers, template_fields(body))

    async def aclose(self) -> None:
        """End what is still being asked."""
        tasks = [caller.task for caller in self._callers.values() if caller.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _known(self, key: str) -> _Known:
        known = self._models.setdefault(key, _Known())
        self._models.move_to_end(key)
        if len(self._models) > _MAX_MODELS:
            self._models.popitem(last=False)
        return known

    def _caller(self, key: str) -> _Caller:
        caller = self._callers.setdefault(key, _Caller())
        self._callers.move_to_end(key)
        if len(self._callers) > _MAX_CALLERS:
            _, forgotten = self._callers.popitem(last=False)
            if forgotten.task:
                forgotten.task.cancel()
        return caller

    async def _ask(self, known: _Known, caller: _Caller, server: ServerTokenizer) -> None:
        before = known.found
        try:
            async with asyncio.timeout(self.times.whole):
                found = await find_abilities(server, self.thinking)
            if found.shown:
                known.found, known.due, caller.found = found, self.clock() + self.times.fresh, None
            else:
                caller.found = found
                if known.found is before:  # another server may stand there by now: others ask again
                    known.found, known.due = None, 0.0
        except NotKnown as error:
            caller.why = f"the upstream does not say what it can do: {error}"
        except TimeoutError:
            caller.why = "the upstream does not say in time what it can do"
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:  # nonsense of a server
            _log.warning("the upstream was asked what it can do", exc_info=error)
            caller.why = f"{type(error).__name__}: {error}"
        finally:
            caller.due, caller.task = self.clock() + self.times.retry, None


def _key(*parts: object) -> str:
    """Return what a model, a template and a caller are known by: each may be as long as a client likes, or secret."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _credentials(headers: Headers) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in headers if name.lower() in _CREDENTIALS)


def template_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request that change how its chat is written, as ``/tokenize`` takes them too."""
    fields = {name: body[name] for name in _TEMPLATE if body.get(name)}
    effort = body.get("reasoning_effort")
    if isinstance(effort, str):
        # vLLM hands the effort to the template so, and says with it whether to think.
        given = fields.get("chat_template_kwargs")
        own = {"reasoning_effort": effort, "enable_thinking": effort != "none"}
        fields["chat_template_kwargs"] = own | (given if isinstance(given, dict) else {})
    return fields
