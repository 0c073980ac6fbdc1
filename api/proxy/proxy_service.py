"""What every request of the proxy shares: the upstream, the memory, its threads, and how requests are counted."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from midthought.api.operations.request import MemoryCore
from midthought.api.proxy.upstream import Upstream
from midthought.api.settings import Settings

RECALL_THREADS = 8
"""Recalls at once. Others wait for one of these, each within its own time: a store that is locked takes no more."""


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(RECALL_THREADS, thread_name_prefix="midthought-proxy")


@dataclass(slots=True)
class ProxyService:
    """The proxy of one service.

    Attributes:
        settings: the defaults of requests, and the keys.
        upstream: the model server.
        memory: what is recalled from.
        threads: recall and recording run here, and never on the event loop.
        running: requests that have not ended.
    """

    settings: Settings
    upstream: Upstream
    memory: MemoryCore
    threads: ThreadPoolExecutor = field(default_factory=_threads)
    running: int = 0

    async def aclose(self) -> None:
        """Close the connections to the upstream, and wait for runs that are being recorded."""
        await self.upstream.aclose()
        self.threads.shutdown(wait=False)


def make_service(settings: Settings, memory: MemoryCore) -> ProxyService:
    """Return the proxy that the settings describe; `settings.upstream` is not empty."""
    upstream = Upstream(settings.upstream, key=settings.upstream_key, timeout=settings.upstream_timeout)
    return ProxyService(settings, upstream, memory)
