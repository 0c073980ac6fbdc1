"""The fenced blocks of the README and the documentation, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_REASON = re.compile(r"<!-- not run: (.+) -->\n\Z")
PROGRAMS = ("midthought", "python", "python3", "pip", "uv", "make", "git", "curl", "vllm", "docker")
_COMMAND = re.compile(rf"^(\$ |[A-Z_]+=\S+ )*({'|'.join(PROGRAMS)}) ")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the page it stands in, the line it begins at, what stands behind the fence, and its text.

    Attributes:
        reason: why no test runs it, as a comment above it says; empty if there is none.
    """

    page: str
    line: int
    language: str
    text: str
    reason: str = ""

    @property
    def place(self) -> str:
        """Page and line."""
        return f"{self.page}:{self.line}"

    @property
    def kind(self) -> str:
        """The language alone."""
        return self.language.partition(" ")[0]

    @property
    def file(self) -> str:
        """The name that the reader saves the block under; empty for none."""
        name = self.language.partition(" ")[2]
        return name if re.fullmatch(r"\w+\.\w+", name) else ""


def read_blocks(root: Path) -> list[Block]:
    """Every fenced block of the README, CONTRIBUTING and docs/, in the order of the pages."""
    pages = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]
    return [block for page in pages for block in _blocks_of(page.relative_to(root).as_posix(), page.read_text())]


def _blocks_of(page: str, text: str) -> Iterator[Block]:
    for found in _FENCE.finditer(text):
        before = text[: found.start()]
        reason = _REASON.search(before)
        yield Block(page, before.count("\n") + 1, found[1].strip(), found[2], reason[1] if reason else "")


def read_commands(root: Path, page: str) -> list[str]:
    """The commands of the console blocks of a page, in their order, each as the shell takes it."""
    blocks = [block for block in read_blocks(root) if block.page == page and block.language == "console"]
    return [command for block in blocks for command in commands_of(block)]


def commands_of(block: Block) -> list[str]:
    r"""The commands of a console block: lines after ``$ ``, with the lines that go on with them; the rest is output.

    >>> commands_of(Block("a.md", 1, "console", "$ echo 'a\nb' c\nabc\n$ ls  # all\n"))
    ["echo 'a\nb' c", 'ls  # all']
    """
    commands: list[str] = []
    open_command = False
    for line in block.text.splitlines():
        if open_command:
            commands[-1] += f"\n{line}"
        elif line.startswith("$ "):
            commands.append(line.removeprefix("$ "))
        else:
            continue
        open_command = goes_on(commands[-1])
    return commands


def outputs_of(block: Block) -> list[list[str]]:
    r"""What a console block shows behind each of its commands, line by line.

    >>> outputs_of(Block("a.md", 1, "console", "$ echo a\na\n$ true\n"))
    [['a'], []]
    """
    shown: list[list[str]] = []
    command = ""
    for line in block.text.splitlines():
        if command and goes_on(command):
            command += f"\n{line}"
        elif line.startswith("$ "):
            command = line.removeprefix("$ ")
            shown.append([])
        elif shown:
            shown[-1].append(line)
    return shown


def goes_on(command: str) -> bool:
    """Whether the next line belongs to the command: a backslash at its end, or an open quotation mark."""
    if command.endswith("\\"):
        return True
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False


def plain(command: str) -> str:
    """The words of a command, without comments: what tables of commands are looked up by."""
    return shlex.join(shlex.split(command, comments=True))


def hidden_commands(block: Block) -> list[str]:
    """The lines of a block that is no console block which look like commands; usages, with ``[``, are none."""
    return [line for line in block.text.splitlines() if _COMMAND.match(line) and "[" not in line]
