"""Records that say in several fields what a format reads from one: they are rewritten before their format is told."""

import re
from collections.abc import Mapping

_NUMBERED = re.compile(r"(?:\w+_)?(?:solution|response|generation|completion|attempt|output)_([1-9]\d?)")


def rewrite_record(record: dict[str, object]) -> dict[str, object]:
    """Return a record with one field for its messages, or for its attempts; most records are returned as they are.

    A prompt and a completion that are both messages (TRL) become ``messages``. Attempts that are numbered from 1, such
    as ``r1_solution_1`` and ``r1_solution_2`` (DeepMath), become ``generations``.
    """
    prompt, completion = record.get("prompt"), record.get("completion")
    if _is_messages(prompt) and _is_messages(completion) and "messages" not in record:
        left = {name: value for name, value in record.items() if name not in ("prompt", "completion")}
        assert isinstance(prompt, list)
        assert isinstance(completion, list)
        return {**left, "messages": [*prompt, *completion]}
    if "generations" not in record and (names := _list_attempts(record)):
        left = {name: value for name, value in record.items() if name not in names}
        return {**left, "generations": [record[name] for name in names]}
    return record


def _is_messages(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "role" in item for item in value)


def _list_attempts(record: Mapping[str, object]) -> list[str]:
    """Return the names of numbered texts in order, if there are at least two and none is left out."""
    numbered = {name: int(match[1]) for name, text in record.items() if (match := _match(name, text))}
    prefixes = {name.rpartition("_")[0] for name in numbered}
    complete = len(prefixes) == 1 and sorted(numbered.values()) == list(range(1, len(numbered) + 1))
    return sorted(numbered, key=numbered.__getitem__) if complete and len(numbered) > 1 else []


def _match(name: str, text: object) -> re.Match[str] | None:
    return _NUMBERED.fullmatch(name) if isinstance(text, str) else None
