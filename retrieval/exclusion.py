"""Leaving out entries before they are ranked: those that the caller names, those learnt from the current question."""

from collections.abc import Collection, Mapping

from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.near_copies import NearCopyTest
from midthought.memory.store import Store
from midthought.retrieval.recall_limits import RecallLimits


class Exclusion:
    """Says which of the entries found by one recall are excluded.

    Only the sources of the entries that were found are read: to look for the question among all trajectories would
    read the whole table on every recall.
    """

    def __init__(self, store: Store, namespace: Namespace, limits: RecallLimits) -> None:
        self._store = store
        self._namespace = namespace
        question = limits.exclude_question.strip()
        self._question = NearCopyTest(question) if question else None
        self._named = store.searcher.entry_numbers(namespace, limits.exclude) if limits.exclude else set()
        self._copies: dict[str, bool] = {}

    @property
    def count(self) -> int:
        """How many stored entries are excluded by name."""
        return len(self._named)

    def find(self, owners: Mapping[int, Namespace], superseded: Mapping[int, StoredEntry]) -> set[int]:
        """Return the numbers of excluded entries among current ones, by owner, and superseded wordings."""
        named = self._named & owners.keys()
        learnt = (
            self._learnt(owner, [seq for seq, one in owners.items() if one == owner]) for owner in set(owners.values())
        )
        return named.union(*learnt, (seq for seq, stored in superseded.items() if self._excludes_wording(stored)))

    def _learnt(self, owner: Namespace, seqs: Collection[int]) -> set[int]:
        """Return the entries with at least one source in a trace of the question, or of a near copy."""
        if self._question is None:
            return set()
        asked = self._store.searcher.questions_of(owner, seqs)
        for question in {question for _, question in asked} - self._copies.keys():
            self._copies[question] = self._question.is_copy(question)
        return {seq for seq, question in asked if self._copies[question]}

    def _excludes_wording(self, stored: StoredEntry) -> bool:
        """Judge a superseded wording by its entry: the sources are kept with the current wording."""
        current = self._store.searcher.entry_numbers(self._namespace, [stored.id])
        return bool(current & self._named) or bool(self._learnt(self._namespace, current))


def describe_excluded(store: Store, namespace: Namespace, limits: RecallLimits) -> str:
    """Return how many stored entries are left out by name, to stand behind a reason; empty if none is."""
    count = len(store.searcher.entry_numbers(namespace, limits.exclude)) if limits.exclude else 0
    if not count:
        return ""
    return f"; left out because already given: {count} {'entry' if count == 1 else 'entries'}"
