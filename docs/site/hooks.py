"""What mkdocs does beyond its own: pages from outside docs/, the generated reference, and links of the repository."""

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))
from pages import find_outside, rewrite_page

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "build" / "reference"
"""Where `reference.py` has written the pages that are made from the definitions."""

GENERATED_BESIDE = {
    f"{name}.md": f"As tables, with every name and type: [{title}](reference/{name}.md)."
    for name, title in {
        "cli": "all commands and options",
        "rest": "all routes",
        "python": "all names",
        "settings": "all settings",
    }.items()
}
"""What the site says at the top of the pages that have a generated one beside them; the repository has none."""

_OUTSIDE = {place: path for path, place in find_outside(ROOT)}


def on_files(files: Files, *, config: Any) -> Files:
    """Add the measurements, the pages for contributors and the generated reference."""
    for place, path in _OUTSIDE.items():
        files.append(File.generated(config, place, content=_read(ROOT / path)))
    for page in sorted(REFERENCE.glob("*.md")):
        files.append(File.generated(config, f"reference/{page.name}", content=page.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Let links of the repository lead to the pages of the site."""
    place = page.file.src_uri
    if place in _OUTSIDE or place.startswith("reference/"):
        page.meta["search"] = {"boost": 0.3}  # a word is looked up on the pages that explain it first
    if place in GENERATED_BESIDE:
        markdown = markdown.replace("\n\n", f"\n\n{GENERATED_BESIDE[place]}\n\n", 1)
    return rewrite_page(markdown, _OUTSIDE.get(place, f"docs/{place}"), place)


def on_page_content(html: str, **_: Any) -> str:
    """Let code in tables break behind its marks, and not within a word."""
    return re.sub(r"<td[^>]*>.*?</td>", lambda cell: re.sub(r"<code>.*?</code>", _break, cell[0]), html, flags=re.S)


def _break(code: re.Match[str]) -> str:
    text = re.sub(r"([/_,=.|]+)(?=[a-zA-Z{(])", r"\1<wbr>", code[0].removeprefix("<code>").removesuffix("</code>"))
    return f"<code>{text}</code>"


def _read(file: Path) -> str:
    """Text of a page; what belongs to an item of a numbered list is indented by four spaces, as this Markdown wants."""
    text = file.read_text(encoding="utf-8")
    return re.sub(r"^ {3,}", lambda found: f" {found[0]}", text, flags=re.M) if file.name == "CONTRIBUTING.md" else text
