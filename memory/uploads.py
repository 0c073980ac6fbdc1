"""What was sent to be read later: each body in a file beside the database, whole or not there at all."""

import hashlib
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from midthought.memory.atomic_files import atomic_file
from midthought.memory.errors import StoreFull

_BLOCK = 1 << 20


class Uploads:
    """The folder ``uploads`` of a store's directory."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "uploads"

    def keep(self, stream: BinaryIO) -> tuple[str, str]:
        """Write the rest of a stream to the disk; return the name of its file, and the SHA-256 of what is in it.

        Raises `StoreFull` if the disk refuses; then nothing of it is left.
        """
        name, digest = secrets.token_hex(16), hashlib.sha256()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreFull(f"{self._folder} cannot be made: {error}") from error
        with atomic_file(self._folder / name) as aside, aside.open("wb") as file:
            while block := stream.read(_BLOCK):
                digest.update(block)
                file.write(block)
        return name, digest.hexdigest()

    def path(self, name: str) -> Path:
        """Return where a body lies, or lay."""
        return self._folder / name

    def remove(self, name: str) -> None:
        """Delete a body; do nothing if there is none."""
        if name:
            self.path(name).unlink(missing_ok=True)

    def remove_others(self, names: Collection[str]) -> None:
        """Delete all bodies but these, also halves that a killed process left."""
        for name in self.names() - set(names):
            self.path(name).unlink(missing_ok=True)

    def names(self) -> set[str]:
        """Return the names of all bodies, and of halves."""
        return {file.name for file in self._folder.iterdir()} if self._folder.is_dir() else set()
