"""The recalls that `retrieval_value` compares: a memory as it is, and with kinds of entries or keys left out."""

from collections.abc import Collection, Iterable

from midthought.memory.indexes.index_home import ALL_FIELDS
from midthought.memory.records.entry import Origin, StoredEntry, WorkedExample
from midthought.memory.records.keys import KeyField
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.fusion.base import sort_scores
from midthought.retrieval.fusion.convex import ConvexFusion
from midthought.retrieval.own_examples import OwnExamples
from midthought.retrieval.recall import POOL, Recaller
from midthought.retrieval.recall_limits import RecallLimits
from midthought.retrieval.recall_settings import RecallSettings

HITS = 3
DEPTH = 100
"""Hits among which a kind is left out: the first three of the others are those of a memory without the kind, but for
the scale of the scores."""
KINDS = ("whole", "step", "statement", "starter")
FIELDS = {"goal": KeyField.MAIN, "question": KeyField.QUESTION, "passage": KeyField.PASSAGE}


def label_kind(stored: StoredEntry) -> str:
    """Return which of `KINDS` an entry is."""
    if isinstance(stored.entry, WorkedExample):
        return stored.entry.size.value
    return "starter" if stored.origin is Origin.STARTER else "statement"


class Systems:
    """All recalls of one memory.

    Attributes:
        entries: what was returned so far, by id.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store, self._encoder = store, encoder
        self._recaller = Recaller(store, encoder, settings=RecallSettings(shadow=True))
        self.entries: dict[str, StoredEntry] = {}

    def recall(self, text: str, question: str, *, k: int = HITS) -> tuple[list[StoredEntry], float, bool]:
        """Return what recall finds, the probability that it helps, and whether recall would have answered."""
        limits = RecallLimits(for_question="" if text == question else question)
        result = self._recaller.recall(DEFAULT_NAMESPACE, text, k=k, limits=limits)
        return [hit.stored for hit in result], result.probability or 0.0, not result.would_abstain

    def without_kinds(self, text: str, question: str) -> dict[str, list[str]]:
        """Return the first ids with one kind left out, and with one kind alone."""
        found = self.recall(text, question, k=DEPTH)[0]
        without = {f"without {kind}": self._keep(found, set(KINDS) - {kind}) for kind in KINDS}
        return without | {f"{kind} alone": self._keep(found, {kind}) for kind in KINDS}

    def without_keys(self, text: str, question: str) -> dict[str, list[str]]:
        """Return the first ids if what was learnt has one key less.

        A plain search: of the whole text, by the nearest key and by words. Words of the key that is left out still
        count.
        """
        kept = {"all keys": set(ALL_FIELDS)} | {
            f"no {name} key": set(ALL_FIELDS) - {field} for name, field in FIELDS.items()
        }
        return {name: self._search(text, question, fields) for name, fields in kept.items()}

    def note(self, found: Iterable[StoredEntry]) -> list[str]:
        """Return the ids, and keep the entries."""
        listed = list(found)
        self.entries |= {one.id: one for one in listed}
        return [one.id for one in listed]

    def _keep(self, found: Iterable[StoredEntry], kinds: Collection[str]) -> list[str]:
        return self.note([one for one in found if label_kind(one) in kinds][:HITS])

    def _search(self, text: str, question: str, fields: Collection[KeyField]) -> list[str]:
        searcher, vector = self._store.searcher, self._encoder.encode_queries([text])[0]
        near: dict[int, float] = {}
        words: dict[int, float] = {}
        entries: dict[int, StoredEntry] = {}
        own = OwnExamples(self._store, DEFAULT_NAMESPACE, text, for_question=question)
        scopes = searcher.scopes(DEFAULT_NAMESPACE)
        for scope in scopes:
            mine = scope.namespace == DEFAULT_NAMESPACE
            beside = [one.namespace for one in scopes if one is not scope]
            closest = searcher.search_vectors(
                scope.namespace, vector, POOL, within=scope.within, fields=fields if mine else ALL_FIELDS
            )
            worded = searcher.search_words(scope.namespace, text, POOL, within=scope.within, beside=beside)
            entries |= searcher.entries_by_seq(scope.namespace, [seq for seq, _ in [*closest, *worded]])
            near, words = near | dict(closest), words | dict(worded)
        ranked = ConvexFusion().fuse(sort_scores(near)[:POOL], sort_scores(words)[:POOL])
        return self.note([entries[seq] for seq, _ in ranked if not own.is_own(entries[seq])][:HITS])
