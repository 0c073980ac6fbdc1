"""How a request for one recall is answered."""

import time

from starlette.concurrency import run_in_threadpool

from midthought.api.operations.codec import write_result
from midthought.api.operations.recall import Recall
from midthought.api.python.memory import Memory, core_of
from midthought.api.recall_groups import RecallTask
from midthought.api.rest.recall_lanes import RecallLanes
from midthought.memory.records.namespace import Namespace


async def answer_recall(asked: Recall, *, memory: Memory, namespace: Namespace, lanes: RecallLanes) -> bytes:
    """Return the answer to a recall as JSON text; raises its error."""
    core = core_of(memory)
    if core.recall.reranker or core.recall.reasoner:  # these take long, and others must not wait for them
        return await run_in_threadpool(lambda: write_result(Recall, memory.send(asked, namespace=namespace)))
    if not core.store.has_cached(namespace):
        await run_in_threadpool(core.store.reader.get_namespace, namespace)  # raises `NotFound`
    task = RecallTask(core, namespace, asked, recorded=True, asked=time.perf_counter())
    with core.watch.recalling(asked, namespace) as tell:
        answer = await lanes.answer(task)
        tell(answer.result)
    return answer.written
