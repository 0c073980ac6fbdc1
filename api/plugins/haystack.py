"""Haystack: a component that retrieves."""

from typing import TYPE_CHECKING, Any

from midthought.api.plugins.recalling import PluginRecall, hit_metadata, open_place, recall_metadata
from midthought.memory.errors import MissingExtra
from midthought.retrieval.hits import RecallResult

try:
    from haystack import Document, component, default_from_dict, default_to_dict
    from haystack.utils import Secret
except ImportError:
    raise MissingExtra("haystack-ai", extra="haystack", purpose="the component for Haystack") from None

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory


@component
class HaystackRetriever:
    """Returns ``documents``, one for each hit of a recall, and ``meta``: the recall's id, and why it abstained.

    Args:
        place: the directory of a memory, or the URL of a service: what a saved pipeline names. Opened by `warm_up`.
        api_key: for a service with keys; by default the environment's ``MIDTHOUGHT_API_KEY``, if it is set.
        memory: the open memory at that place, if the program has it open already; a saved pipeline opens its own.
    """

    def __init__(
        self,
        place: str,
        *,
        namespace: str = "default",
        top_k: int = 5,
        kinds: list[str] | None = None,
        domains: list[str] | None = None,
        tags: list[str] | None = None,
        max_tokens: int | None = None,
        api_key: Secret = Secret.from_env_var("MIDTHOUGHT_API_KEY", strict=False),  # noqa: B008  # frozen
        memory: "Memory | Client | None" = None,
    ) -> None:
        self.place, self.namespace, self.top_k = place, namespace, top_k
        self.kinds, self.domains, self.tags = kinds or [], domains or [], tags or []
        self.max_tokens, self.api_key = max_tokens, api_key
        self._given = memory
        self._recall: PluginRecall | None = None

    def warm_up(self) -> None:
        """Open the memory, unless it is open."""
        if self._recall is None:
            opened = self._given or open_place(self.place, api_key=self.api_key.resolve_value() or "")
            self._recall = PluginRecall(
                opened, self.namespace, self.top_k, self.kinds, self.domains, self.tags, self.max_tokens
            )

    def close(self) -> None:
        """Close the memory if this component opened it; the next run opens it again."""
        if self._recall is not None and self._given is None:
            self._recall.memory.close()
        self._recall = None

    def to_dict(self) -> dict[str, Any]:
        """Return the component as a saved pipeline has it; a key is named by its variable."""
        names = ("place", "namespace", "top_k", "kinds", "domains", "tags", "max_tokens")
        given: dict[str, Any] = {name: getattr(self, name) for name in names}
        made: dict[str, Any] = default_to_dict(self, **given, api_key=self.api_key.to_dict())
        return made

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "HaystackRetriever":
        """Return the component that `to_dict` wrote."""
        given = data["init_parameters"]
        if isinstance(given.get("api_key"), dict):
            given["api_key"] = Secret.from_dict(given["api_key"])
        made: HaystackRetriever = default_from_dict(cls, data)
        return made

    @component.output_types(documents=list[Document], meta=dict[str, Any])
    def run(self, query: str, top_k: int | None = None) -> dict[str, Any]:
        """Recall for a query."""
        return _answer(self._opened().ask(query, k=top_k))

    @component.output_types(documents=list[Document], meta=dict[str, Any])
    async def run_async(self, query: str, top_k: int | None = None) -> dict[str, Any]:
        """Recall for a query without holding up the event loop."""
        return _answer(await self._opened().ask_later(query, k=top_k))

    def _opened(self) -> PluginRecall:
        self.warm_up()
        assert self._recall is not None
        return self._recall


def _answer(result: RecallResult) -> dict[str, Any]:
    documents = [
        Document(id=hit.id, content=hit.text, score=hit.score, meta=hit_metadata(hit, result)) for hit in result.hits
    ]
    return {"documents": documents, "meta": recall_metadata(result)}
