"""Leaving out worked examples of the query itself: they would hand the caller the answer, or measure nothing."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from midthought.memory.records.entry import ExampleSize, StoredEntry, WorkedExample
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.records.near_copies import NearCopyTest
from midthought.memory.store import Store

NEAR_QUERY = 0.6
"""Cosine of the query from which a candidate is looked at before anything is ranked: the question of an example is one
of its keys. Of 152 questions in which words were replaced at random until they were barely near copies, 95 % are nearer
with MiniLM, and all with the hashing encoder; of 119 with every number replaced, 95 % are above 0.65 and half above
0.95. What is below is left out when hits are fetched, see `is_own`. In a memory of worked examples alone, from 0.5 on,
it took 1 to 3 ms of a recall's 8."""


class OwnExamples:
    """Says which worked examples come from the question that is asked, or from a near copy of it.

    Args:
        query: as the caller wrote it.
        for_question: the question that the query is a part of; empty if there is no other.
    """

    def __init__(self, store: Store, namespace: Namespace, query: str, *, for_question: str = "") -> None:
        self._search = store.searcher
        self._namespace = namespace
        self._questions = [one for one in (query, for_question) if one.strip()]
        # A query may be far from the question that it is a part of, so then every candidate is read.
        self._near = -1.0 if for_question.strip() else NEAR_QUERY
        self._judged: dict[str, bool] = {}

    @cached_property
    def _tests(self) -> list[NearCopyTest]:
        return [NearCopyTest(one) for one in self._questions]

    def _is_copy(self, question: str) -> bool:
        # The steps of one trace, and its attempts, share their question.
        if question not in self._judged:
            self._judged[question] = any(test.is_copy(question) for test in self._tests)
        return self._judged[question]

    def find(self, found: Sequence[tuple[int, float]], owners: Mapping[int, Namespace]) -> set[int]:
        """Return the numbers of such examples among (number, cosine) of current entries."""
        # No example is in the starter memory.
        near = [seq for seq, cosine in found if cosine >= self._near and owners.get(seq) == self._namespace]
        if not near or self._namespace == STARTER_NAMESPACE:
            return set()
        asked = self._search.example_questions(self._namespace, near)
        return {seq for seq, question in asked.items() if self._is_copy(question)}

    def is_own(self, stored: StoredEntry) -> bool:
        """Return whether an entry is such an example."""
        entry = stored.entry
        if not isinstance(entry, WorkedExample):
            return False
        if self._is_copy(entry.goal if entry.size is ExampleSize.WHOLE else entry.question):
            return True
        # An example that another was merged into comes from several questions, of which it holds one.
        traces = {place.trajectory_id for place in stored.provenance} - {None}
        asked = self._search.questions_of(self._namespace, [stored.seq]) if len(traces) > 1 else []
        return any(self._is_copy(question) for _, question in asked)
