"""Runs that wait for a store that is busy: what they hold meanwhile."""

import gc
import threading

import httpx

from midthought.api.operations.recall import MAX_QUESTION
from midthought.api.proxy.proxy_call import ProxyCall
from midthought.api.proxy.proxy_service import RECORDING_THREADS
from midthought.api.python.memory import Memory

from ..thinking import until
from .proxy_place import serve_proxy
from .raw_upstream import serve_raw
from .test_proxy_memory import QUESTION, body_for, last_run, respond

CHAT = "/v1/chat/completions"


def test_a_run_that_waits_holds_no_body(home_memory: Memory) -> None:
    """Nor headers with keys: only what its record says. Of a very long question, it says what was searched for."""
    question = QUESTION + " Again." * (MAX_QUESTION // 4)
    free = threading.Event()
    with serve_raw(respond) as upstream, serve_proxy(home_memory, upstream.url) as proxy:
        for _ in range(RECORDING_THREADS):
            proxy.service.recording_threads.submit(free.wait, 60)
        got = httpx.post(proxy.url + CHAT, json=body_for(CHAT, question))
        until(lambda: len(proxy.service.tasks) == 1 and proxy.service.running == 0)
        gc.collect()
        calls = [one for one in gc.get_objects() if isinstance(one, ProxyCall)]
        # Only those of this test: a failure elsewhere keeps the frames of its own.
        kept = [one for one in calls if one.raw and one.question.startswith(f"{QUESTION} Again.")]
        free.set()
        run = last_run(home_memory, got.headers["x-midthought-run"])
    assert kept == []
    assert run.question == question[:MAX_QUESTION]
