"""Entries as lines of text, so that two wordings can be compared line by line."""

from collections.abc import Collection, Iterator, Sequence
from difflib import unified_diff

from midthought.memory.records.entry import Entry, EntryVersion, Origin, StoredEntry
from midthought.memory.records.entry_json import entry_to_dict


def entry_lines(entry: Entry, *, without: Collection[str] = ()) -> list[str]:
    """Return every field of an entry that holds something, its name before its lines; those in `without` are left out.

    >>> from midthought.memory.records.entry import Lesson
    >>> entry_lines(Lesson("It rains", "Stay in.", tags=("weather",)))
    ['kind: lesson', 'situation: It rains', 'suggestion: Stay in.', 'tags:', '- weather']
    """
    return [line for name, value in _filled(entry, without) for line in _lines(name, value)]


def whose(stored: StoredEntry) -> str:
    """Return whose an entry is, for people: ``starter``, or its trust."""
    return stored.origin if stored.origin is Origin.STARTER else stored.trust


def diff_versions(before: EntryVersion, after: EntryVersion) -> str:
    """Return the unified diff between two wordings of an entry."""
    old, new = (f"version {one.version} {one.entry.id}" for one in (before, after))
    return "\n".join(unified_diff(entry_lines(before.entry), entry_lines(after.entry), old, new, lineterm=""))


def _filled(entry: Entry, without: Collection[str]) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in entry_to_dict(entry).items() if value and name not in without)


def _lines(name: str, value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for part, inner in value.items():
            yield from _lines(f"{name}.{part}", inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield f"{name}:"
        for item in value:
            shown = ", ".join(str(part) for part in item.values() if part) if isinstance(item, dict) else item
            yield f"- {shown}"
    else:
        first, *more = str(value).splitlines() or [""]
        yield f"{name}: {first}"
        yield from more
