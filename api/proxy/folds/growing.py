"""Values that grow by what each part of a stream adds to them."""

from collections.abc import Mapping, Sequence
from io import StringIO

Json = dict[str, object]

_NAMES = frozenset({"id", "index", "name", "object", "role", "type"})
"""Fields that some servers say again in every part: the first text stays."""
_MAX_DEPTH = 32
"""What is nested deeper is taken as it is, as one value."""
MAX_PARTS = 4096
"""Choices, calls or blocks of one answer; a larger index is a fault of the server."""


class GrowingObject:
    """An object whose texts are joined, whose lists are lengthened, and whose other values are replaced.

    Null changes nothing. Items of a list that have an ``index`` are parts of one item; others are added.
    """

    __slots__ = ("_depth", "_values")

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._values: dict[str, object] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def grow(self, part: Mapping[str, object]) -> bool:
        """Add a part; return false if a value of it has another type than what came before, and was left."""
        fits = [self._grow_value(name, value) for name, value in part.items()]
        return all(fits)

    def put(self, name: str, value: object) -> None:
        """Replace a value; null is no value."""
        if value is not None or name not in self._values:
            self._values[name] = value

    def put_first(self, name: str, value: object) -> None:
        """Set a value unless there is one that says something."""
        if not self._values.get(name):
            self._values[name] = value

    def whole(self) -> Json:
        """Return the object as it is now."""
        return {name: _whole(value) for name, value in self._values.items()}

    def _grow_value(self, name: str, new: object) -> bool:
        old = self._values.get(name)
        if new is None or old is None:
            self.put(name, _begin(name, new, self._depth))
            return True
        if name in _NAMES:
            self.put_first(name, new)
            return True
        if isinstance(old, StringIO) and isinstance(new, str):
            old.write(new)
            return True
        if isinstance(old, GrowingObject) and isinstance(new, Mapping):
            return old.grow(new)
        if isinstance(old, GrowingList) and isinstance(new, list):
            return old.grow(new)
        if isinstance(old, StringIO | GrowingObject | GrowingList) or isinstance(new, str | Mapping | list):
            return False
        self._values[name] = new
        return True


class GrowingList:
    """A list whose items with an ``index`` grow, in the order of the index, before those without, in their order."""

    __slots__ = ("_added", "_depth", "_parts")

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._parts: dict[int, GrowingObject] = {}
        self._added: list[object] = []

    def grow(self, items: Sequence[object]) -> bool:
        """Add items; return false if one could not be used."""
        fits = [self._grow_item(item) for item in items]
        return all(fits)

    def part(self, index: object) -> GrowingObject | None:
        """Return the item of an index, a new one if it has not come yet; None if it is no index."""
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < MAX_PARTS:
            return None
        return self._parts.setdefault(index, GrowingObject(self._depth + 1))

    def find(self, index: int) -> GrowingObject | None:
        """Return the item of an index if it has come."""
        return self._parts.get(index)

    def by_index(self) -> dict[int, Json]:
        """Return the items that have an index as they are now, in order."""
        return {index: self._parts[index].whole() for index in sorted(self._parts)}

    def replace(self, index: int, item: Mapping[str, object]) -> bool:
        """Put another item at an index; return false if it is no index."""
        if self.part(index) is None:
            return False
        self._parts[index] = GrowingObject(self._depth + 1)
        return self._parts[index].grow(item)

    def whole(self) -> list[object]:
        """Return the list as it is now."""
        return [*self.by_index().values(), *self._added]

    def _grow_item(self, item: object) -> bool:
        if not isinstance(item, Mapping) or "index" not in item or self._depth >= _MAX_DEPTH:
            self._added.append(item)
            return True
        part = self.part(item["index"])
        return part is not None and part.grow(item)


def size_of(value: object) -> int:
    """Return how much a value holds: characters of its texts, and 8 for everything else."""
    size, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        size += len(one) if isinstance(one, str) else 8
        if isinstance(one, dict):  # as `json.loads` makes them; asking for any mapping takes a third of the whole fold
            size += sum(len(name) for name in one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return size


def _begin(name: str, value: object, depth: int) -> object:
    if depth >= _MAX_DEPTH or name in _NAMES:
        return value
    if isinstance(value, str):
        text = StringIO(newline="")
        text.write(value)
        return text
    if isinstance(value, Mapping):
        nested = GrowingObject(depth + 1)
        nested.grow(value)
        return nested
    if isinstance(value, list):
        items = GrowingList(depth + 1)
        items.grow(value)
        return items
    return value


def _whole(value: object) -> object:
    if isinstance(value, StringIO):
        return _mend(value.getvalue())
    return value.whole() if isinstance(value, GrowingObject | GrowingList) else value


def _mend(text: str) -> str:
    """Return a text whose halves of characters, which two parts had, are joined; a half alone is U+FFFD."""
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
