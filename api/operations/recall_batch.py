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

MAX_RECALLS = 100
"""Recalls of one call: together they take a second or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallBatch(Request[list[RecallResult]]):
    """Return what each of many recalls finds, in order, each with its receipt; their queries are encoded together."""

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/recall:batch")
    changes_nothing: ClassVar = True
    result: ClassVar = list[RecallJson]
    example: ClassVar[dict[str, Any]] = {"recalls": [Recall.example, {"query": "When is a sum even?"}]}

    recalls: Annotated[tuple[Recall, ...], MinLen(1), MaxLen(MAX_RECALLS)]
    """each as one recall has it"""

    def __post_init__(self) -> None:
        if not 1 <= len(self.recalls) <= MAX_RECALLS:
            raise BadInput(f"a batch has 1 to {MAX_RECALLS} recalls, got {len(self.recalls)}")

    def run(self, memory: MemoryCore, namespace: Namespace) -> list[RecallResult]:
        """Answer them together, in groups: their queries are encoded at once, and their receipts are one commit."""
        from midthought.api.recall_groups import RecallTask, answer_recalls

        return answer_recalls([RecallTask(memory, namespace, one, recorded=True) for one in self.recalls])
