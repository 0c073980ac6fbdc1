"""What `midthought doctor` says of the upstream: whether it answers, and how its first model can recall."""

import asyncio
from collections.abc import Mapping
from typing import Any

from midthought.api.proxy.thoughts.ability_table import AbilityTable
from midthought.api.proxy.thoughts.upstream_abilities import UpstreamAbilities
from midthought.api.proxy.upstream import Upstream
from midthought.api.settings import Settings
from midthought.memory.errors import Unreachable

_SHOWN = 5
_REFUSED = (401, 403)


def describe_upstream(settings: Settings) -> str:
    """Return what the upstream of the settings can do. Raises `Unreachable` if it does not answer as a model server."""
    return asyncio.run(_describe(settings))


async def _describe(settings: Settings) -> str:
    upstream = Upstream(settings.upstream, key=settings.upstream_key, timeout=settings.upstream_timeout)
    table = AbilityTable(upstream, thinking=settings.thinking)
    try:
        reply = await upstream.ask("/v1/models")
        if reply.status in _REFUSED and not settings.upstream_key:
            return f"{upstream.url} answers {reply.status}: callers bring their own keys, or set upstream_key"
        if not reply.is_good:
            raise Unreachable(f"{upstream.url}/v1/models: status {reply.status}: {reply.text[:200]}")
        names = _list_names(reply.content)
        if not names:
            return f"{upstream.url} has no models"
        found, why = await table.find(names[0], {}, ())
        way = _describe_way(found) if found else f"hints before the thought ({why})"
        return f"{upstream.url}, models {', '.join(names[:_SHOWN])}; {names[0]}: {way}"
    finally:
        await table.aclose()
        await upstream.aclose()


def _describe_way(found: UpstreamAbilities) -> str:
    if found.why_none:
        return f"hints before the thought ({found.why_none})"
    ways = {"chat prefill": found.no_prefill, "token ids": found.no_ids, "text": found.no_text}
    return f"hints in the thought, by {next(name for name, why in ways.items() if not why)}"


def _list_names(content: Any) -> list[str]:
    data = content.get("data") if isinstance(content, Mapping) else None
    found = [one.get("id") for one in data if isinstance(one, Mapping)] if isinstance(data, list) else []
    return [one for one in found if isinstance(one, str)]
