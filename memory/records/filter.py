"""Which entries a search may return. The search applies it itself, so that k hits come back if k entries match."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from midthought.memory.records.entry import EntryKind
from midthought.memory.records.trajectory import Outcome


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all hold; an empty or None one is not checked.

    Attributes:
        kinds: the entry has one of these kinds.
        domains: it has one of these domains.
        tags: it has at least one of these tags.
        outcomes: it comes from a trajectory with one of these outcomes.
        sources: it comes from one of these sources.
        since, until: when it was first stored, in UTC without a time zone; `until` itself is excluded. Entries written
            before store format 3 have no timestamp: they match any `until` and no `since`.
    """

    kinds: frozenset[EntryKind] = frozenset()
    domains: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    outcomes: frozenset[Outcome] = frozenset()
    sources: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return self != Filter()

    def describe(self, as_of: datetime | None = None) -> str:
        """Return the conditions in words that follow ``no entry``; `as_of` is the moment of recall, if one was given.

        >>> Filter(kinds=frozenset({EntryKind.CONCEPT}), domains=frozenset({"algebra", "logic"})).describe()
        'of kind concept, of domain algebra or logic'
        """
        lists = (
            ("of kind", self.kinds),
            ("of domain", self.domains),
            ("tagged", self.tags),
            ("learnt from a trajectory that was", self.outcomes),
            ("from source", self.sources),
        )
        moments = (("stored since", self.since), ("stored before", self.until), ("stored by", as_of))
        conditions = [f"{words} {_any_of(values)}" for words, values in lists if values]
        conditions += [f"{words} {moment.isoformat()}" for words, moment in moments if moment]
        return ", ".join(conditions)


EVERYTHING = Filter()


def _any_of(values: Iterable[str]) -> str:
    return " or ".join(sorted(str(value) for value in values))
