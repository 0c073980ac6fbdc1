"""Which files of the repository are pages of the site, and where a link of one leads on the site.

The pages are written to be read in the repository as well: their links are paths of files. On the site, a link to a
page stays a link, and one to any other file becomes the name of that file.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

FROM_ELSEWHERE = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages that lie outside docs/ and the measurements, and where the site has them."""

_LINK = re.compile(r"(?<!!)\[([^\]]*(?:\[[^\]]*\][^\]]*)*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^( *)(```+)(.*)$")


def find_outside(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the path in the repository and the place on the site of each page or picture that is not in docs/."""
    yield from FROM_ELSEWHERE.items()
    for page in sorted((root / "benchmarks").rglob("*.*")):
        path = page.relative_to(root).as_posix()
        if path.endswith((".md", ".svg")):
            yield path, path


def site_place(path: str) -> str | None:
    """Return the place on the site of a file of the repository; None if it is no page or picture of the site.

    >>> site_place("docs/store.md"), site_place("benchmarks/zoom/speed.md"), site_place("data/starter")
    ('store.md', 'benchmarks/zoom/speed.md', None)
    """
    if path in FROM_ELSEWHERE:
        return FROM_ELSEWHERE[path]
    if path.startswith("docs/") and posixpath.splitext(path)[1]:
        return path.removeprefix("docs/")
    return path if path.startswith("benchmarks/") and path.endswith(".md") else None


def rewrite_page(text: str, path: str, place: str) -> str:
    """Return the Markdown of a page with links as the site has them, and fences as its Markdown reads them."""
    parts: list[str] = []
    fence = ""
    for line in text.splitlines():
        found = _FENCE.match(line)
        if found and (not fence or found[2] == fence):
            parts.append(line if fence else _read_fence(found))
            fence = "" if fence else found[2]
        else:
            parts.append(line if fence else _rewrite_line(line, path, place))
    return "\n".join(parts) + "\n"


def _rewrite_line(line: str, path: str, place: str) -> str:
    """A line outside of code: its links, and the bars within code of a table, which need no backslash there."""
    line = _LINK.sub(lambda found: _rewrite_link(found[1], found[2], path, place), line)
    return re.sub(r"`[^`]*`", lambda code: code[0].replace(r"\|", "|"), line) if line.startswith("|") else line


def _rewrite_link(text: str, target: str, path: str, place: str) -> str:
    if re.match(r"[a-z]+:|#", target):
        return f"[{text}]({target})"
    file, mark, anchor = target.partition("#")
    file = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
    if there := site_place(file):
        return f"[{text}]({posixpath.relpath(there, posixpath.dirname(place) or '.')}{mark}{anchor})"
    return text if file in text else f"{text} (`{file}`)"


def _read_fence(found: re.Match[str]) -> str:
    """The opening of a block: what stands behind its language is a title, or for the tests alone."""
    language, _, rest = found[3].strip().partition(" ")
    if language == "jsonl":
        language, rest = "json", ""
    title = f' title="{rest}"' if rest else ""
    return f"{found[1]}{found[2]}{language}{title}"
