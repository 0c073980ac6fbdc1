"""How an item of a LangGraph store lies in the memory: which namespace, which entry, and what is searched.

The namespace ``("users", "Ann")`` of a store with the root ``lg`` is called ``lg.users._41nn``: labels are joined
by periods; a byte that is not ``a-z``, ``0-9`` or ``-`` is written as ``_`` and two hexadecimal digits.
An item is a lesson: its suggestion is the value as JSON, its situation and `asked_as` are the texts that are searched,
and its `extractor` holds the key and the times. Each put is a new wording of the entry that `anchor` describes, so that
the key alone finds the item, and every earlier value stays in its history until the item is deleted.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Entry, Lesson
from midthought.memory.records.keys import MAX_WORDINGS

SEARCHED = "langgraph-item"
"""The tag of an item that a query finds."""
UNSEARCHED = "langgraph-unindexed"
"""The tag of an item that was put with ``index=False``: it is listed, and no query finds it."""
_ANCHOR = "langgraph-anchor"
_EXTRACTOR = "langgraph:"
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-")
_ESCAPED = re.compile(r"_([0-9a-f]{2})")
MAX_NAME = 63
"""Characters of a namespace's name."""

NamespacePath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One item.

    Attributes:
        texts: what is searched; none if the item is not to be found by a query.
        ttl: minutes after the last access at which it expires; None for never.
        expires: when that is now.
    """

    key: str
    value: dict[str, Any]
    texts: tuple[str, ...]
    created: datetime
    updated: datetime
    ttl: float | None = None
    expires: datetime | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether it counts as gone."""
        return self.expires is not None and self.expires <= now

    def touched(self, now: datetime) -> "StoredItem":
        """Return the item with its time to live begun anew."""
        return self if self.ttl is None else replace(self, expires=now + timedelta(minutes=self.ttl))

    def entry(self) -> Lesson:
        """Return the entry that holds it. Raises `BadInput` for a value that is no JSON."""
        times = [None if one is None else one.isoformat() for one in (self.created, self.updated, self.expires)]
        content = [self.key, *times, self.ttl]
        try:
            written = json.dumps(self.value, ensure_ascii=False)
        except (TypeError, ValueError) as error:
            raise BadInput(f"the value of item {self.key!r} is not JSON: {error}") from None
        # No entry is without a text by which it is found; that of an unsearched item is never asked.
        first, *more = [text for text in self.texts if text.strip()] or [f"item {self.key}"]
        return Lesson(
            first,
            written,
            tags=(SEARCHED if self.texts else UNSEARCHED,),
            extractor=f"{_EXTRACTOR}{json.dumps(content, ensure_ascii=False)}",
            asked_as=tuple(more[:MAX_WORDINGS]),
        )


def anchor(key: str) -> Lesson:
    """Return the first wording of the entry of an item: it says nothing, and its id follows from the key."""
    return Lesson(f"item {key}", "{}", tags=(_ANCHOR,), extractor=f"{_EXTRACTOR}{json.dumps([key])}")


def read_item(entry: Entry) -> StoredItem | None:
    """Return the item that an entry holds; None for any other entry, also for an anchor."""
    if not isinstance(entry, Lesson) or entry.tags not in ((SEARCHED,), (UNSEARCHED,)):
        return None
    key, created, updated, expires, ttl = json.loads(entry.extractor.removeprefix(_EXTRACTOR))
    texts = (entry.situation, *entry.asked_as) if SEARCHED in entry.tags else ()
    times = [None if one is None else datetime.fromisoformat(one) for one in (created, updated, expires)]
    return StoredItem(key, json.loads(entry.suggestion), texts, times[0], times[1], ttl, times[2])  # type: ignore[arg-type]  # the first two are never None


def write_name(path: NamespacePath, *, root: str) -> str:
    """Return the name of the namespace that holds a store's namespace. Raises `BadInput` if it is too long.

    >>> write_name(("users", "Ann"), root="lg")
    'lg.users._41nn'
    """
    name = ".".join([root, *map(_escape, path)])
    if len(name) > MAX_NAME:
        raise BadInput(f"the namespace {path} is called {name!r}, {len(name)} characters: at most {MAX_NAME} fit")
    return name


def read_name(name: str, *, root: str) -> NamespacePath | None:
    """Return the store's namespace that a namespace holds; None for one of another store.

    >>> read_name("lg.users._41nn", root="lg"), read_name("default", root="lg")
    (('users', 'Ann'), None)
    """
    head, period, rest = name.partition(f"{root}.")
    return tuple(map(_unescape, rest.split("."))) if period and not head and rest else None


def now_utc() -> datetime:
    """Return the time now, as items have it."""
    return datetime.now(UTC)


def _escape(label: str) -> str:
    return "".join(chr(byte) if byte in _PLAIN else f"_{byte:02x}" for byte in label.encode())


def _unescape(written: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), written).encode("latin-1").decode()


def searched_texts(value: dict[str, Any], paths: Sequence[str]) -> tuple[str, ...]:
    """Return the texts at paths into a value, as LangGraph reads them."""
    from langgraph.store.base import get_text_at_path

    return tuple(text for path in paths for text in get_text_at_path(value, path))
