"""Whose memory lies at a path, and its records."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from midthought.ingest.formats.json_line import decode_text
from midthought.ingest.transfer.foreign.ace import is_ace, read_ace
from midthought.ingest.transfer.foreign.mem0 import is_mem0, read_mem0
from midthought.ingest.transfer.foreign.records import ForeignFormat, ForeignRecord, read_small
from midthought.ingest.transfer.foreign.skill import read_skills, skill_files
from midthought.memory.errors import BadInput

_JSON = {ForeignFormat.MEM0: read_mem0, ForeignFormat.ACE: read_ace}


def detect_format(path: Path) -> ForeignFormat:
    """Return whose memory lies at a path, by its content. Raises `BadInput` if no known tool wrote it."""
    if path.is_dir():
        if skill_files(path):
            return ForeignFormat.SKILL
        raise BadInput("holds neither an export's manifest.json nor Markdown skills", place=str(path))
    if path.suffix.lower() == ".md" or read_small(path).startswith((b"---", b"\xef\xbb\xbf---")):
        return ForeignFormat.SKILL
    value = _json(path)
    if is_mem0(value):
        return ForeignFormat.MEM0
    if is_ace(value):
        return ForeignFormat.ACE
    known = "an export of Midthought, a mem0 export, an ACE playbook or a Markdown skill"
    raise BadInput(f"is none of {known}; say which with --format", place=str(path))


def read_foreign(path: Path, format: ForeignFormat) -> Iterator[ForeignRecord]:
    """Yield every record at a path. Raises `BadInput` if it cannot be read at all."""
    if format is ForeignFormat.SKILL:
        return read_skills(path)
    return _JSON[format](_json(path), str(path))


def content_digest(path: Path, format: ForeignFormat) -> str:
    """Return the SHA-256 over all that is read at a path."""
    files = skill_files(path) if format is ForeignFormat.SKILL else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(_digest(file, path))
        digest.update(file.relative_to(path).as_posix().encode("utf-8", "backslashreplace") if path.is_dir() else b"")
    return digest.hexdigest()


def _digest(file: Path, path: Path) -> bytes:
    """Return the SHA-256 of a file, and nothing for one that is refused: its record says why."""
    try:
        return hashlib.sha256(read_small(file, within=path if path.is_dir() else None)).digest()
    except BadInput:
        return b""


def _json(path: Path) -> object:
    try:
        return json.loads(decode_text(read_small(path), first_line=1))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not JSON, so neither a mem0 export nor an ACE playbook: {error}", place=str(path)) from None
    except BadInput as error:
        raise BadInput(error.reason, place=str(path)) from None
