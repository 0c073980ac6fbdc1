"""DSPy: a retriever, to be called in a module or set as the retrieval model."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from midthought.api.plugins.recalling import PluginRecall, open_place
from midthought.memory.errors import MissingExtra
from midthought.retrieval.hits import RecallResult

try:
    from dspy import Example, Prediction
except ImportError:
    raise MissingExtra("dspy", extra="dspy", purpose="the retriever for DSPy") from None

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory


class DspyRetriever:
    """Returns a prediction with ``passages``, ``ids`` and ``scores``, empty if the memory abstains, and ``abstention``.

    Args:
        memory: an open memory, the directory of one, or the URL of a service.
    """

    def __init__(
        self,
        memory: "str | Path | Memory | Client",
        *,
        namespace: str = "default",
        k: int = 3,
        kinds: Sequence[str] = (),
        domains: Sequence[str] = (),
        tags: Sequence[str] = (),
        max_tokens: int | None = None,
        api_key: str = "",
    ) -> None:
        self.memory = open_place(memory, api_key=api_key)
        self._recall = PluginRecall(self.memory, namespace, k, kinds, domains, tags, max_tokens)

    def __call__(self, query: str, k: int | None = None) -> Prediction:
        """Recall for a query."""
        return _predict(self._recall.ask(query, k=k))

    async def acall(self, query: str, k: int | None = None) -> Prediction:
        """Recall for a query without holding up the event loop."""
        return _predict(await self._recall.ask_later(query, k=k))

    def rm(self, query: str, k: int | None = None) -> list[Example]:
        """Return the passages as `dspy.Retrieve` reads them: ``dspy.configure(rm=retriever.rm)``."""
        return [Example(long_text=hit.text) for hit in self._recall.ask(query, k=k).hits]

    def __deepcopy__(self, memo: Any) -> "DspyRetriever":
        """Return the retriever itself: optimisers copy programs, and a memory is open once."""
        return self


def _predict(result: RecallResult) -> Prediction:
    return Prediction(
        passages=[hit.text for hit in result.hits],
        ids=[hit.id for hit in result.hits],
        scores=[hit.score for hit in result.hits],
        abstention=str(result.abstention) if result.abstention else "",
        request_id=result.request_id,
    )
