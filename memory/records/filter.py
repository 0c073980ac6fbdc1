"""Which entries may be found: told to the search itself, so that k of them come back where there are k."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from midthought.memory.records.entry import EntryKind
from midthought.memory.records.trajectory import Outcome


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all hold; an empty one leaves its condition out.

    Attributes:
        kinds: of which kind the entry is.
        domains: its domain.
        tags: it has at least one of these tags.
        outcomes: it was learnt from a trajectory with one of these outcomes.
        sources: it was learnt from one of these sources.
        since, until: when it was first stored, in UTC without a time zone; `until` itself is left out. What was stored
            before format 3 has no such time: it is older than every `since`, and than every `until`.
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
