"""Skills: Markdown files that begin with front matter giving a name and a description, alone or in a folder of them.

A skill becomes a procedure that is found by its name and description (which says when to use it) and hands its body
on. Scripts and other files next to it are not read.
"""

from collections.abc import Iterator
from pathlib import Path

from midthought.ingest.formats.json_line import decode_text
from midthought.ingest.transfer.foreign.front_matter import split_front_matter
from midthought.ingest.transfer.foreign.reader import ForeignReader
from midthought.ingest.transfer.foreign.records import ForeignRecord, checked, read_small
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Procedure
from midthought.memory.records.job import Rejection

EXTRACTOR = "skill-1"
_NAME = "skill.md"


class SkillReader(ForeignReader):
    """Reads a Markdown file, or a folder of them."""

    def is_path(self, path: Path) -> bool:
        """Return whether a folder holds skills, or a file ends or begins as one."""
        if path.is_dir():
            return bool(self.list_files(path))
        return path.suffix.lower() == ".md" or read_small(path).startswith((b"---", b"\xef\xbb\xbf---"))

    def list_files(self, path: Path) -> list[Path]:
        """Return the file itself, or all SKILL.md below a folder or, if there are none, its ``*.md``."""
        if not path.is_dir():
            return [path]
        below = sorted(path.rglob("*.md")) + sorted(path.rglob("*.MD"))
        return [file for file in below if file.name.lower() == _NAME] or sorted(path.glob("*.md"))

    def read(self, path: Path) -> Iterator[ForeignRecord]:
        """Yield every skill at a path, by name."""
        for file in self.list_files(path):
            name = file.relative_to(path).as_posix() if path.is_dir() else file.name
            try:
                yield _read(file, name, within=path if path.is_dir() else None)
            except BadInput as error:
                yield Rejection(str(file), error.reason)


def _read(file: Path, name: str, *, within: Path | None) -> ForeignRecord:
    fields, body = split_front_matter(decode_text(read_small(file, within=within), first_line=1))
    missing = [field for field in ("name", "description") if not fields.get(field)]
    if missing:
        raise BadInput(f"the front matter lacks {' and '.join(missing)}")
    if not body:
        raise BadInput("there is nothing below the front matter: a skill without a body says how to do nothing")
    title = fields["name"].replace("-", " ")
    procedure = Procedure(f"{title}: {fields['description']}", body, tags=(fields["name"],), extractor=EXTRACTOR)
    return checked(str(file), procedure, f"skill:{name}")
