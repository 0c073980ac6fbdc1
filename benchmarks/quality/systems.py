"""The systems that are compared: single searches, the earlier recall, ours, and ours with a part switched off."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields, replace

from earlier import EarlierRecall
from metrics import DEPTH

from midthought.memory.indexes.index_home import ALL_FIELDS
from midthought.memory.records.filter import EVERYTHING, Filter
from midthought.memory.records.keys import KeyField
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.fusion.base import Fusion, Scored, sort_scores
from midthought.retrieval.fusion.convex import ConvexFusion
from midthought.retrieval.fusion.registry import FUSIONS
from midthought.retrieval.recall import POOL, Recaller
from midthought.retrieval.recall_settings import RecallSettings

System = Callable[[str], list[str]]
"""A query to the ids of what is found, best first, at least `DEPTH` if there are as many."""

OURS = "ours"
SINGLE = ("BM25", "dense, main key", "dense, all keys")
EARLIER = "RRF (earlier)"
_MAIN = (KeyField.MAIN,)
_ANSWER_ALWAYS = RecallSettings(min_similarity=-1.0)


def make_systems(store: Store, encoder: Encoder, *, starter: bool, where: Filter = EVERYTHING) -> dict[str, System]:
    """Return every system over one store, by the name that the tables show."""
    searches = WholeQuerySearch(store, encoder, where=where)
    earlier = EarlierRecall(store, encoder, starter=starter, where=where)
    return {
        OURS: recall_with(_ANSWER_ALWAYS, store, encoder, where=where),
        "BM25": lambda text: searches.rank(text, FUSIONS.load("words"), keys=_MAIN),
        "dense, main key": lambda text: searches.rank(text, FUSIONS.load("dense"), keys=_MAIN),
        "dense, all keys": lambda text: searches.rank(text, FUSIONS.load("dense")),
        EARLIER: lambda text: earlier.rank(text)[0][:DEPTH],
        "RRF (words and keys of now)": lambda text: searches.rank(text, FUSIONS.load("rrf")),
        **{name: recall_with(one, store, encoder, where=where) for name, one in switched_off().items()},
        "ours without spelling and passages": lambda text: searches.rank(text, ConvexFusion()),
        "ours without spelling, passages and further keys": lambda text: searches.rank(
            text, ConvexFusion(), keys=_MAIN
        ),
    }


def switched_off() -> dict[str, RecallSettings]:
    """Return settings with one part off each: every switch that is on by default, and every other fusion."""
    default = RecallSettings()
    switches = [field.name for field in fields(RecallSettings) if getattr(default, field.name) is True]
    return {
        **{f"ours without {name}": replace(_ANSWER_ALWAYS, **{name: False}) for name in switches},
        **{
            f"ours with fusion {name}": replace(_ANSWER_ALWAYS, fusion=name)
            for name in FUSIONS
            if name != default.fusion
        },
    }


def recall_with(settings: RecallSettings, store: Store, encoder: Encoder, *, where: Filter = EVERYTHING) -> System:
    """Return the package's own recall with some settings."""
    recaller = Recaller(store, encoder, settings=settings)
    return lambda text: [hit.id for hit in recaller.recall(DEFAULT_NAMESPACE, text, k=DEPTH, where=where)]


class WholeQuerySearch:
    """Both searches for the whole text of a query, as it is written: what recall stands on, without its query side."""

    def __init__(self, store: Store, encoder: Encoder, *, where: Filter = EVERYTHING) -> None:
        self._store, self._encoder, self._where = store, encoder, where
        # Every id is looked up once: the systems ask for the same entries thousands of times.
        self._ids: dict[int, str] = {}

    def rank(self, text: str, fusion: Fusion, *, keys: Collection[KeyField] = ALL_FIELDS) -> list[str]:
        """Return the ids of the first `DEPTH`."""
        return self.rank_by(text, [fusion], keys=keys)[0]

    def rank_by(
        self, text: str, fusions: Sequence[Fusion], *, keys: Collection[KeyField] = ALL_FIELDS
    ) -> list[list[str]]:
        """Return the ids of the first `DEPTH` by each fusion of the same two searches."""
        found = self.search(text, keys=keys)
        return [[self._ids[seq] for seq, _ in fusion.fuse(*found)[:DEPTH]] for fusion in fusions]

    def search(self, text: str, *, keys: Collection[KeyField] = ALL_FIELDS) -> tuple[Scored, Scored]:
        """Return the first `POOL` by meaning and by words."""
        vector = self._encoder.encode_queries([text])[0]
        searcher = self._store.searcher
        near: dict[int, float] = {}
        words: dict[int, float] = {}
        for scope in searcher.scopes(DEFAULT_NAMESPACE, self._where):
            closest = searcher.search_vectors(scope.namespace, vector, POOL, within=scope.within, fields=keys)
            worded = searcher.search_words(scope.namespace, text, POOL, within=scope.within)
            near.update(closest)
            words.update(worded)
            fresh = [seq for seq, _ in [*closest, *worded] if seq not in self._ids]
            self._ids |= {seq: one.id for seq, one in searcher.entries_by_seq(scope.namespace, fresh).items()}
        return sort_scores(near)[:POOL], sort_scores(words)[:POOL]
