"""The limits of one recall: what must not be returned, and how much may be."""

from dataclasses import dataclass

from midthought.memory.errors import BadInput


@dataclass(frozen=True, slots=True)
class RecallLimits:
    """The limits of one recall.

    Attributes:
        exclude: ids of entries that are not returned, for example because the caller has seen them. The id of an
            earlier wording stands for the entry as it is now.
        exclude_question: a question; entries learnt from a trace of it, or of a near copy of it, are not returned.
            Empty for none.
        for_question: the question that the query is a part of, as in the middle of a thought; no worked example of it,
            or of a near copy of it, is returned, as none is for the query itself. Empty for none.
        max_tokens: the hits together have at most this many tokens, as `count_tokens` counts. None: no limit.
        deadline_ms: milliseconds from the beginning of the recall until query reasoning and reranking stop. None: they
            are not stopped.
    """

    exclude: frozenset[str] = frozenset()
    exclude_question: str = ""
    max_tokens: int | None = None
    deadline_ms: float | None = None
    for_question: str = ""

    def __post_init__(self) -> None:
        if self.max_tokens is not None and self.max_tokens < 1:
            raise BadInput(f"max_tokens must be >= 1, got {self.max_tokens}")
        if self.deadline_ms is not None and not self.deadline_ms > 0:
            raise BadInput(f"deadline_ms must be above 0, got {self.deadline_ms}")

    @property
    def excludes(self) -> bool:
        """Whether any entry is excluded."""
        return bool(self.exclude or self.exclude_question.strip())


NO_LIMITS = RecallLimits()
