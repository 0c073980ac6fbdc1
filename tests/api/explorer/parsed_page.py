"""A page as a browser reads it: elements with attributes and text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "img", "input", "link", "meta"})
"""Elements of HTML without content."""
SHAPES = frozenset({"circle", "line", "path", "rect"})
"""Elements of pictures, which may be closed in their own tag; a browser closes no other so."""


@dataclass(slots=True)
class Element:
    """One element; its children are elements and texts, in order."""

    tag: str
    attributes: dict[str, str]
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(one if isinstance(one, str) else one.text for one in self.children)

    def walk(self) -> "Iterator[Element]":
        """Yield it and every element in it, in order."""
        yield self
        for one in self.children:
            if isinstance(one, Element):
                yield from one.walk()

    def find_all(self, tag: str = "", **attributes: str) -> "list[Element]":
        """The elements in it with a name and with attributes of these values."""
        named = [one for one in self.walk() if not tag or one.tag == tag]
        return [one for one in named if attributes.items() <= one.attributes.items()]

    def find(self, tag: str = "", **attributes: str) -> "Element":
        """The only one of them."""
        (found,) = self.find_all(tag, **attributes)
        return found

    def section(self, heading_id: str) -> "Element":
        """The section that a heading names."""
        return self.find(**{"aria-labelledby": heading_id})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        assert len(element.attributes) == len(attrs), f"an attribute stands twice in <{tag}>"
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SHAPES, f"<{tag}/> is not closed in HTML"
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse_page(html: str) -> Element:
    """The page as a tree; an element that is closed by another, or never, fails."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    (root,) = reader.open
    return root
