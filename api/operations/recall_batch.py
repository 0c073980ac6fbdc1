"""The operation that answers many queries in one call."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import MaxLen, MinLen

from midthought.api.operations.recall import Recall
from midthought.api.operations.request import MemoryCore, Request, Route
from midthought.api.operations.shapes import RecallJson
from midthought.memory.errors import BadInput
from midthought.memory.records.namespace import Namespace
from midthought.retrieval.hits import RecallResult
from midthought.retrieval.passages import MAX_WHOLE

MAX_RECALLS = 100
"""Recalls of one call: together they take a second or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallBatch(Request[list[RecallResult]]):
    """Return what each of many recalls finds, in order, each with its receipt; their queries are encoded together."""

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/recall:batch")
    result: ClassVar = list[RecallJson]
    example: ClassVar[dict[str, Any]] = {"recalls": [Recall.example, {"query": "When is a sum even?"}]}

    recalls: Annotated[tuple[Recall, ...], MinLen(1), MaxLen(MAX_RECALLS)]
    """each as one recall has it"""

    def __post_init__(self) -> None:
        if not 1 <= len(self.recalls) <= MAX_RECALLS:
            raise BadInput(f"a batch has 1 to {MAX_RECALLS} recalls, got {len(self.recalls)}")

    def run(self, memory: MemoryCore, namespace: Namespace) -> list[RecallResult]:
        """Encode the queries as one batch, which each recall then finds encoded."""
        # A longer one is searched in parts.
        whole = [one.query for one in self.recalls if one.query.strip() and len(one.query) <= MAX_WHOLE]
        memory.current.use_for_queries(lambda encoder: encoder.encode_queries(whole))
        return [one.run(memory, namespace) for one in self.recalls]
