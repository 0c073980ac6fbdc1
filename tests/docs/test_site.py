"""The documentation as a site: every page is in its navigation, every link leads somewhere, the reference is whole."""

import doctest
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

import midthought
from midthought.api.settings import Settings

from ..api.test_docs import COMMANDS
from ..api.test_openapi import described

GENERATED = "reference/"
FROM_ELSEWHERE = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
FENCE = re.compile(r"^ *```.*?^ *```[ \t]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")

Load = Callable[[str], ModuleType]


def pages(root: Path) -> list[Path]:
    """Every page that people read: the README, those of docs/, for contributors, and the measurements."""
    found = [root / "README.md", root / "CONTRIBUTING.md", root / "CHANGELOG.md"]
    return [*found, *(root / "docs").rglob("*.md"), *(root / "benchmarks").rglob("*.md")]


def anchors(text: str) -> set[str]:
    """The anchors of a page: of each heading its words in lower case, with hyphens for spaces."""
    heads = re.findall(r"^#+ +(.*?)\s*$", FENCE.sub("", text), re.MULTILINE)
    plain = (LINK.sub("", head).replace("[", "").replace("`", "").lower() for head in heads)
    return {re.sub(r"[^\w\- ]", "", head).replace(" ", "-") for head in plain}


def test_the_navigation_is_exactly_the_pages(root: Path) -> None:
    """A new page is put into `nav` of mkdocs.yml, at the place where a reader looks for it."""
    nav = (root / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    named = re.findall(r"([\w/]+\.md)$", nav, re.MULTILINE)
    assert len(named) == len(set(named))
    ours = {page.relative_to(root / "docs").as_posix() for page in (root / "docs").rglob("*.md")}
    assert {one for one in named if not one.startswith(GENERATED)} == ours | set(FROM_ELSEWHERE)


def test_every_link_leads_to_a_file_and_to_a_heading(root: Path) -> None:
    """Those to other sites are listed by `make docs`, and not followed."""
    texts = {page: page.read_text() for page in pages(root)}
    broken = []
    for page, text in texts.items():
        for link in LINK.findall(re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))):
            if re.match(r"[a-z]+:", link):
                continue
            file, _, anchor = link.partition("#")
            there = Path(posixpath.normpath(page.parent / file)) if file else page
            if not there.exists() or (anchor and anchor not in anchors(texts.get(there) or there.read_text())):
                broken.append(f"{page.relative_to(root)}: {link}")
    assert broken == []


@pytest.fixture(scope="module")
def tools(root: Path, load_script: Load) -> Iterator[Load]:
    """Loads one of the tools in docs/site, which import each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / "docs" / "site")
        yield lambda name: load_script(f"docs/site/{name}.py")


@pytest.fixture(scope="module")
def written(tools: Load) -> dict[str, str]:
    """The text of each generated page."""
    return {name: make() for name, make in tools("reference").PAGES.items()}


@pytest.mark.parametrize("page", ["python.md", "rest.md", "settings.md"])
def test_tables_of_a_page_are_those_of_the_definitions(root: Path, tools: Load, page: str) -> None:
    """If this fails, run ``python docs/site/tables.py``, and word what it put in for readers."""
    text = (root / "docs" / page).read_text()
    assert tools("tables").PAGES[page](text).splitlines() == text.splitlines()


def test_what_is_written_by_hand_in_a_table_stays(root: Path, tools: Load) -> None:
    """Without a row, and with another call in one, the page has the rows of the definitions again."""
    text = (root / "docs" / "python.md").read_text()
    (row,) = re.findall(r"^\| `get_run\(.*\n", text, re.MULTILINE)
    changed = text.replace(row, "").replace("| `forget_run(run_id)` |", "| `forget_run()` |")
    lines = tools("tables").update_python(changed).splitlines()
    assert len(lines) == len(text.splitlines())
    assert set(text.splitlines()) - set(lines) == {row.rstrip("\n")}


def test_the_reference_has_every_definition(root: Path, tools: Load, written: dict[str, str]) -> None:
    """Each command with its options, route, object, method and setting, and says of each setting what it means."""
    nav = (root / "mkdocs.yml").read_text()
    assert {name for name in written if f" {GENERATED}{name}\n" not in nav} == set()
    for name, command in COMMANDS.items():
        section = written["cli.md"].partition(f"\n## midthought {name}\n")[2].partition("\n## ")[0]
        options = [option for one in command.params for option in one.opts if option.startswith("-")]
        assert [option for option in options if f"`{option}`" not in section] == [], name
    routes = {f"\n\n`{way.upper()} {path}`" for path, ways in described()["paths"].items() for way in ways}
    assert {route for route in routes if route not in written["rest.md"]} == set()
    objects = described()["components"]["schemas"]
    assert {name for name in objects if f"\n## {name}\n" not in written["objects.md"]} == set()
    methods = {name for name, _ in tools("signatures").public_methods(midthought.Memory)}
    assert {name for name in methods if f"\n### {name}\n" not in written["python.md"]} == set()
    rows = [line.strip("| ").split(" | ") for line in written["settings.md"].splitlines() if line.startswith("| `")]
    assert [row[0].strip("`") for row in rows] == [one.name for one in fields(Settings)]
    assert [row[0] for row in rows if len(row) < 4 or not row[3].strip()] == []


def test_links_of_the_reference_lead_somewhere(root: Path, written: dict[str, str]) -> None:
    """To pages beside it, to those of docs/, and to the headings that they name."""
    for text in written.values():
        for link in LINK.findall(FENCE.sub("", text)):
            file, _, anchor = link.partition("#")
            there = written.get(file) or (root / "docs" / GENERATED / file).resolve().read_text() if file else text
            assert not anchor or anchor in anchors(there), link


@pytest.mark.parametrize("name", ["pages", "md_parts", "tables"])
def test_examples_in_docstrings_of_the_tools_hold(tools: Load, name: str) -> None:
    """They are run."""
    done = doctest.testmod(tools(name))
    assert (done.attempted > 0, done.failed) == (True, 0)


def test_links_of_the_repository_become_those_of_the_site(load_script: Load) -> None:
    """To a page they stay links; to another file they become its name; code is left as it is."""
    rewrite = load_script("docs/site/pages.py").rewrite_page
    text = "[a](../benchmarks/zoom/speed.md) [b](../data/starter) [c](store.md#x)\n```console\n$ [d](../e)\n```\n"
    wanted = "[a](../benchmarks/zoom/speed.md) b (`data/starter`) [c](../store.md#x)\n```console\n$ [d](../e)\n```\n"
    assert rewrite(text, "docs/a.md", "folder/a.md") == wanted


@pytest.mark.parametrize(
    "text",
    ['<script src="https://x.org/a.js"></script>', '<link rel="stylesheet" href="//x.org/a.css">',
     '<p style="background: url(https://x.org/a.png)">', '<pre class="mermaid">'],
)  # fmt: skip
def test_what_a_page_loads_from_elsewhere_is_found(load_script: Load, tmp_path: Path, text: str) -> None:
    """The build fails for it; a link that a reader follows is only listed."""
    check = load_script("docs/site/check.py")
    page = tmp_path / "a.html"
    page.write_text('<a href="https://x.org">x</a>')
    assert (check.main(tmp_path), check.find_links(tmp_path)) == (0, ["https://x.org"])
    page.write_text(text)
    assert check.main(tmp_path) == 1
