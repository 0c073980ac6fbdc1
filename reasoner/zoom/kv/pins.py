"""Parts of the text that stay visible whatever is chosen."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from midthought.reasoner.zoom.pages.visibility import Visibility


class Pins:
    """Token ranges of one sequence: copied spans, facts to be read exactly, whatever selection must not hide.

    Mean keys fail where many exact facts must be read, and a span that is being copied must see its source: such parts
    bypass selection. What is pinned counts against what may be opened, up to half of that: the rest stays for the
    choice.
    """

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Keep the tokens from `start` to `end` (exclusive) visible from the next choice on."""
        if not 0 <= start < end:
            raise ValueError(f"a pinned part must have 0 <= start < end, got {start} and {end}")
        self._ranges.append((start, end))

    def remove(self, start: int, end: int) -> None:
        """Take back one `add`. Raises `ValueError` if there is none such."""
        if (start, end) not in self._ranges:
            raise ValueError(f"tokens {start} to {end} are not pinned")
        self._ranges.remove((start, end))

    def touch(self, start: int, end: int) -> bool:
        """Return whether any token from `start` to `end` is pinned."""
        return any(one < end and start < other for one, other in self._ranges)

    def pages(self, visibility: "Visibility", count: int) -> list[int]:
        """Return those of the first `count` pages that have a pinned token."""
        first, page = visibility.first, visibility.page
        found: set[int] = set()
        for start, end in self._ranges:
            found.update(range(max(0, (start - first) // page), min(count, -(-(end - first) // page))))
        return sorted(found)
