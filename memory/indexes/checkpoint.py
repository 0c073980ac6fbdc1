"""Checkpoints of the derived indexes: written next to the old one, synced, renamed, and checked before they are used.

A checkpoint is a directory ``checkpoint-<seq>`` that holds the index files and ``manifest.json``: the encoder's digest
and dimension, the kind of each index of vectors, the layout of the words, the last sequence number contained, and the
SHA-256 of every file.
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from midthought.memory.atomic_files import file_digest, sync, sync_tree
from midthought.memory.database.tables.checkpoints import CHECKPOINT_PREFIX
from midthought.memory.scratch import Scratch

_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a checkpoint contains; two with different `built_with` cannot replace each other.

    The kinds of vector index, by the field of the keys, may differ: any kind can be converted to any other.
    """

    encoder_digest: str
    dimension: int
    index_kinds: dict[str, str]
    words: str
    last_seq: int

    @property
    def built_with(self) -> tuple[str, int, str]:
        """The encoder and the layout of the words."""
        return (self.encoder_digest, self.dimension, self.words)


def write_checkpoint(folder: Path, manifest: Manifest, fill: Callable[[Path], None], *, scratch: Scratch) -> Path:
    """Write the index files by `fill` into a folder of `scratch`, sync it, rename it, and drop older checkpoints."""
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"{CHECKPOINT_PREFIX}{manifest.last_seq:020d}"
    aside = scratch.folder()
    try:
        fill(aside)
        digests = {str(file.relative_to(aside)): file_digest(file) for file in _files(aside)}
        text = json.dumps({**asdict(manifest), "files": digests}, indent=1, sort_keys=True)
        (aside / _MANIFEST).write_text(text, encoding="utf-8")
        # This order makes a kill harmless at any line: first the contents, then the name, then the folder's entry;
        # older checkpoints go once the new one is safe.
        sync_tree(aside)
        # One of the same number is there if only the kinds of index have changed since.
        scratch.remove(final)
        aside.rename(final)
    finally:
        scratch.remove(aside)
    sync(folder)
    for older in checkpoints(folder):
        if older != final:
            scratch.remove(older)
    return final


def checkpoints(folder: Path) -> list[Path]:
    """Return the finished checkpoint directories, newest first."""
    return sorted((p for p in folder.glob(f"{CHECKPOINT_PREFIX}*") if p.is_dir()), reverse=True)


def checkpoint_token(checkpoint: Path) -> str:
    """Return the SHA-256 of a checkpoint's manifest, which holds the digests of all its files."""
    return file_digest(checkpoint / _MANIFEST)


def read_manifest(checkpoint: Path) -> Manifest:
    """Return a checkpoint's manifest after comparing every file with its digest.

    Raises `ValueError` saying what is missing, torn or changed.
    """
    try:
        record = json.loads((checkpoint / _MANIFEST).read_text(encoding="utf-8"))
        digests = dict(record.pop("files"))
        if set(record) != {one.name for one in fields(Manifest)}:
            raise ValueError("another version of Midthought wrote it")
        manifest = Manifest(**record)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{checkpoint / _MANIFEST} cannot be read: {error}") from error
    for name, digest in digests.items():
        file = checkpoint / name
        if not file.is_file() or file_digest(file) != digest:
            raise ValueError(f"{file} is missing or not what was written")
    return manifest


def link_files(
    source: Path,
    target: Path,
    *,
    link: Callable[[Path, Path], None] = os.link,
    copied: frozenset[str] = frozenset(),
) -> None:
    """Link every file of `source` into `target`; those named in `copied` change in place and are copied."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        # A lock belongs to the index that is open on that folder.
        if file.name.endswith(".lock"):
            continue
        if file.name in copied:
            shutil.copy2(file, target / file.name)
        else:
            link(file, target / file.name)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())
