"""A filter in words, for telling that nothing passes it."""

from collections.abc import Iterable
from datetime import datetime

from midthought.memory.records.filter import Filter


def describe_wanted(where: Filter, as_of: datetime | None = None) -> str:
    """Return what an entry must be, as it goes on after ``no entry``.

    >>> from midthought.memory.records.entry import EntryKind
    >>> describe_wanted(Filter(kinds=frozenset({EntryKind.CONCEPT}), domains=frozenset({"algebra", "logic"})))
    'of kind concept, of domain algebra or logic'
    """
    lists = (
        ("of kind", where.kinds),
        ("of domain", where.domains),
        ("tagged", where.tags),
        ("learnt from a trajectory that was", where.outcomes),
        ("from source", where.sources),
    )
    moments = (("stored since", where.since), ("stored before", where.until), ("stored by", as_of))
    told = [f"{words} {_any_of(wanted)}" for words, wanted in lists if wanted]
    return ", ".join([*told, *(f"{words} {moment.isoformat()}" for words, moment in moments if moment)])


def _any_of(wanted: Iterable[str]) -> str:
    return " or ".join(sorted(str(one) for one in wanted))
