"""Check the built site: ``python docs/site/check.py build/site``. No page loads anything from another address.

Links to other sites are listed, not followed: whether they answer depends on the network of the moment.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

LOADS = {
    "script": ("src",), "img": ("src", "srcset"), "source": ("src", "srcset"), "iframe": ("src",), "video": ("src",),
    "audio": ("src",), "embed": ("src",), "object": ("data",), "form": ("action",), "use": ("href",),
}  # fmt: skip
"""Attributes whose address a browser loads."""

LINKS_THAT_LOAD = {"stylesheet", "preload", "modulepreload", "icon", "preconnect", "dns-prefetch", "manifest"}
OUTSIDE = re.compile(r"^\s*(https?:)?//")
IN_STYLES = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])((?:https?:)?//[^'\")\s]+)")
CAUSES = ('class="mermaid"', 'data-md-component="source"')
"""What makes the theme's script load a library or ask for figures of a repository."""


class Page(HTMLParser):
    """What one page loads from elsewhere, and to which other sites it links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what a tag loads or links to."""
        values = {name: value or "" for name, value in attrs}
        loads = [values[name] for name in LOADS.get(tag, ()) if name in values]
        if tag == "link" and LINKS_THAT_LOAD & set(values.get("rel", "").split()):
            loads.append(values.get("href", ""))
        self.loads += [one for one in [*loads, *IN_STYLES.findall(values.get("style", ""))] if OUTSIDE.match(one)]
        if tag == "a" and OUTSIDE.match(values.get("href", "")):
            self.links.add(values["href"])


def find_loads(site: Path) -> list[str]:
    """Return each load of another address as 'file: address'."""
    found: list[str] = []
    for file in sorted(site.rglob("*.html")):
        text = file.read_text(encoding="utf-8")
        loads = Page(text).loads + [cause for cause in CAUSES if cause in text]
        found += [f"{file.relative_to(site)}: {load}" for load in loads]
    for file in sorted(site.rglob("*.css")):
        found += [f"{file.relative_to(site)}: {load}" for load in IN_STYLES.findall(file.read_text(encoding="utf-8"))]
    return found


def find_links(site: Path) -> list[str]:
    """Return the addresses of other sites that pages link to."""
    pages = (Page(file.read_text(encoding="utf-8")) for file in site.rglob("*.html"))
    return sorted(set().union(*(page.links for page in pages)))


def main(site: Path) -> int:
    """Print the links to other sites and the loads of other addresses; return 1 if there are loads or no pages."""
    pages, loads, links = len(list(site.rglob("*.html"))), find_loads(site), find_links(site)
    sys.stdout.write("".join(f"links to {link}\n" for link in links))
    sys.stdout.write("".join(f"loads from elsewhere: {load}\n" for load in loads))
    sys.stdout.write(f"{site}: {pages} pages, {len(links)} links to other sites, {len(loads)} loads from elsewhere\n")
    return int(bool(loads) or not pages)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
