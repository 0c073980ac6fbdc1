"""Asks a server once what it can do, and takes the best way to think there."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from midthought.memory.errors import BadSettings
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.engines.served.final_message import FinalMessageWay
from midthought.reasoner.engines.served.hint_first import HintFirstWay
from midthought.reasoner.engines.served.ids_way import IdsWay
from midthought.reasoner.engines.served.model_server import ModelServer
from midthought.reasoner.engines.served.recall_tool import RecallToolWay
from midthought.reasoner.engines.served.template_way import TemplateWay
from midthought.reasoner.engines.served.way import Proof, ThoughtWay, Trial

_CACHING = re.compile(r'vllm:cache_config_info\{[^}]*enable_prefix_caching="(True|False)"')
_NEEDED = {
    Continuation.IDS: {"/tokenize", "/detokenize", "/v1/completions"},
    Continuation.FINAL_MESSAGE: {"/v1/chat/completions"},
    Continuation.RECALL_TOOL: {"/v1/chat/completions"},
    Continuation.HINT_FIRST: {"/v1/chat/completions"},
}
"""Routes of each way; a server that lists its routes and lacks one is not tried."""


@dataclass(frozen=True, slots=True)
class ChosenWay:
    """How a server is thought with.

    Attributes:
        way: the best that works.
        prefix_cache: whether it keeps the beginnings of prompts; None if it does not say.
        passed_over: the better ways, and why each was not taken.
    """

    way: ThoughtWay
    prefix_cache: bool | None
    passed_over: tuple[tuple[Continuation, str], ...]


def choose_way(server: ModelServer, wanted: Continuation | None = None, *, tokenizer: Path | None = None) -> ChosenWay:
    """Return the first way whose effect shows, or the one that is wanted unless the server refuses it.

    Args:
        server: is asked for a few tokens.
        wanted: the one way to try; None for all, best first.
        tokenizer: the directory of the model's tokeniser; None if there is none here.

    Raises:
        Unreachable: the server does not answer, or is busy.
        BadSettings: no way works, the key is refused, or there is no tokeniser in the directory.
    """
    context = server.endpoint.context
    ways: Mapping[Continuation, Callable[[], ThoughtWay]] = {
        Continuation.IDS: lambda: IdsWay(server, context=context),
        Continuation.LOCAL_TEMPLATE: lambda: TemplateWay(server, tokenizer, context=context),
        Continuation.FINAL_MESSAGE: lambda: FinalMessageWay(server),
        Continuation.RECALL_TOOL: lambda: RecallToolWay(server),
        Continuation.HINT_FIRST: lambda: HintFirstWay(server),
    }
    routes = _list_routes(server)
    passed: list[tuple[Continuation, str]] = []
    for name in [wanted] if wanted else list(ways):
        way = ways[name]()
        missing = _NEEDED.get(name, set()) - routes if routes else set()
        trial = Trial(Proof.REFUSED, f"it has no {', '.join(sorted(missing))}") if missing else way.try_out()
        if trial.proof is Proof.SHOWN or (wanted and trial.proof is Proof.UNSHOWN):
            return ChosenWay(way, _has_prefix_cache(server), tuple(passed))
        passed.append((name, trial.reason))
    told = "; ".join(f"{name}: {reason}" for name, reason in passed)
    other = "; model_continue = auto takes the best way that works" if wanted else ""
    raise BadSettings(
        f"the model {server.endpoint.model!r} at {server.endpoint.access.base} cannot think: {told}; see the settings "
        f"'model', 'model_url' and 'model_continue'{other}"
    )


def _list_routes(server: ModelServer) -> set[str]:
    """Return the routes that a server lists; none if it lists none."""
    try:
        listed = json.loads(server.read("/openapi.json") or "{}").get("paths")
    except (ValueError, RecursionError, AttributeError):
        return set()
    routes = set(listed) if isinstance(listed, dict) else set()
    # A list without the one route that all have is of something else in front of the server.
    return routes if "/v1/chat/completions" in routes else set()


def _has_prefix_cache(server: ModelServer) -> bool | None:
    found = _CACHING.search(server.read("/metrics") or "")
    return None if found is None else found[1] == "True"
