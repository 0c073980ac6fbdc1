"""LlamaIndex: a retriever."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from midthought.api.plugins.recalling import PluginRecall, hit_metadata, open_place, recall_metadata
from midthought.memory.errors import MissingExtra
from midthought.retrieval.hits import RecallResult

try:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.instrumentation import get_dispatcher
    from llama_index.core.instrumentation.events import BaseEvent
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
except ImportError:
    raise MissingExtra("llama-index-core", extra="llama-index", purpose="the retriever for LlamaIndex") from None

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory

_dispatcher = get_dispatcher(__name__)


class MidthoughtRecallEvent(BaseEvent):
    """What the instrumentation gets for each recall: its id, the entries, and why it abstained if it did."""

    recall: dict[str, Any]

    @classmethod
    def class_name(cls) -> str:
        """Return the name of the event."""
        return "MidthoughtRecallEvent"


class LlamaIndexRetriever(BaseRetriever):
    """Returns a node with its score for each hit of a recall; none if the memory abstains.

    Args:
        memory: an open memory, the directory of one, or the URL of a service.
    """

    def __init__(
        self,
        memory: "str | Path | Memory | Client",
        *,
        namespace: str = "default",
        similarity_top_k: int = 5,
        kinds: Sequence[str] = (),
        domains: Sequence[str] = (),
        tags: Sequence[str] = (),
        max_tokens: int | None = None,
        api_key: str = "",
    ) -> None:
        super().__init__()
        self.memory = open_place(memory, api_key=api_key)
        self._recall = PluginRecall(self.memory, namespace, similarity_top_k, kinds, domains, tags, max_tokens)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(self._recall.ask(query_bundle.query_str))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(await self._recall.ask_later(query_bundle.query_str))


def _nodes(result: RecallResult) -> list[NodeWithScore]:
    _dispatcher.event(MidthoughtRecallEvent(recall=recall_metadata(result)))
    return [
        NodeWithScore(node=TextNode(id_=hit.id, text=hit.text, metadata=hit_metadata(hit, result)), score=hit.score)
        for hit in result.hits
    ]
