"""LangChain: a retriever."""

from typing import Any

from pydantic import SecretStr

from midthought.api.plugins.recalling import PluginRecall, hit_metadata, open_place, recall_metadata
from midthought.memory.errors import MissingExtra
from midthought.retrieval.hits import RecallResult

try:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
        adispatch_custom_event,
        dispatch_custom_event,
    )
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ImportError:
    raise MissingExtra("langchain-core", extra="langchain", purpose="the retriever for LangChain") from None

RECALL_EVENT = "midthought_recall"
"""The custom event that callbacks get for each recall: its id, the entries, and why it abstained if it did."""


class LangChainRetriever(BaseRetriever):
    """Returns a document for each hit of a recall; none if the memory abstains.

    Args:
        memory: an open memory, the directory of one, or the URL of a service.
        k: the largest number of documents; also an argument of `invoke`.
        entry_tags: only entries with one of these tags; `tags` is LangChain's own.
    """

    memory: Any
    namespace: str = "default"
    k: int = 5
    kinds: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    entry_tags: tuple[str, ...] = ()
    max_tokens: int | None = None
    api_key: SecretStr = SecretStr("")

    def model_post_init(self, context: Any) -> None:
        """Open the memory."""
        super().model_post_init(context)
        self.memory = open_place(self.memory, api_key=self.api_key.get_secret_value())
        self._recall = PluginRecall(
            self.memory, self.namespace, self.k, self.kinds, self.domains, self.entry_tags, self.max_tokens
        )

    _recall: PluginRecall

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        result = self._recall.ask(query, k=k)
        dispatch_custom_event(RECALL_EVENT, recall_metadata(result), config={"callbacks": run_manager.get_child()})
        return _documents(result)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        result = await self._recall.ask_later(query, k=k)
        config = {"callbacks": run_manager.get_child()}
        await adispatch_custom_event(RECALL_EVENT, recall_metadata(result), config=config)
        return _documents(result)


def _documents(result: RecallResult) -> list[Document]:
    return [Document(id=hit.id, page_content=hit.text, metadata=hit_metadata(hit, result)) for hit in result.hits]
