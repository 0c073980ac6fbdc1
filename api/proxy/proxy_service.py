"""What every request of the proxy shares: the upstream, the memory, its threads, and how requests are counted."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from midthought.api.live.live_thoughts import LiveThoughts
from midthought.api.operations.request import MemoryCore
from midthought.api.proxy.cache_salts import CacheSalts
from midthought.api.proxy.thoughts.ability_table import AbilityTable
from midthought.api.proxy.traffic.policies import TrafficPolicies
from midthought.api.proxy.traffic.traffic import Traffic, TrafficSettings
from midthought.api.proxy.upstream import Upstream
from midthought.api.settings import Settings
from midthought.memory.records.waiting_trace import WaitingBounds

RECALL_THREADS = 8
"""Recalls at once. Others wait for one of these, each within its own time: a store that is locked takes no more."""
RECORDING_THREADS = 2
"""Runs recorded at once; not among the recalls, which a locked store may hold up."""
MAX_RECORDING = 1000
"""Runs that wait to be recorded; of further requests no run is recorded, as the store is slower than they come."""
_CLOSE_SECONDS = 5.0


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(RECALL_THREADS, thread_name_prefix="midthought-recall")


def _recording_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(RECORDING_THREADS, thread_name_prefix="midthought-runs")


@dataclass(slots=True)
class ProxyService:
    """The proxy of one service.

    Attributes:
        settings: the defaults of requests, and the keys.
        upstream: the model server.
        memory: what is recalled from.
        abilities: what is known of the models of the upstream.
        traffic: learns from what passes, in the namespaces that opted in.
        salts: keep the prefix caches of namespaces apart; None if they are shared.
        threads: recall runs here, and never on the event loop.
        recording_threads: runs are recorded here.
        live: where its thoughts can be watched.
        draw: returns a number from 0 to 1 that decides whether a run holds out.
        running: requests that have not ended.
        tasks: work for requests that have ended.
    """

    settings: Settings
    upstream: Upstream
    memory: MemoryCore
    abilities: AbilityTable
    traffic: Traffic
    salts: CacheSalts | None = None
    threads: ThreadPoolExecutor = field(default_factory=_threads)
    recording_threads: ThreadPoolExecutor = field(default_factory=_recording_threads)
    live: LiveThoughts = field(default_factory=LiveThoughts)
    draw: Callable[[], float] = random.random
    running: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def records_runs(self) -> bool:
        """Whether what passes through is recorded."""
        return self.memory.receipts and not self.memory.store.read_only

    @property
    def recording(self) -> int:
        """How many runs wait to be recorded, or for a recall beside their request."""
        return len(self.tasks)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that no request waits for."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def aclose(self) -> None:
        """Close the connections to the upstream, and wait for runs and traces that are being stored."""
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=_CLOSE_SECONDS)
        await self.abilities.aclose()
        await asyncio.to_thread(self.traffic.close)
        await self.upstream.aclose()
        for one in (self.threads, self.recording_threads):
            one.shutdown(wait=False, cancel_futures=True)


def make_service(settings: Settings, memory: MemoryCore, live: LiveThoughts) -> ProxyService:
    """Return the proxy that the settings describe; `settings.upstream` is not empty."""
    upstream = Upstream(
        settings.upstream, key=settings.upstream_key, timeout=settings.upstream_timeout, watch=memory.watch
    )
    bounds = WaitingBounds(settings.traffic_max, timedelta(days=settings.traffic_days))
    policies = TrafficPolicies() if memory.store.read_only else settings.traffic
    traffic = Traffic(memory, TrafficSettings(policies, bounds))
    traffic.start()
    salts = CacheSalts(upstream) if settings.proxy_cache_salt else None
    abilities = AbilityTable(upstream, thinking=settings.thinking)
    return ProxyService(settings, upstream, memory, abilities, traffic, salts, live=live)
