"""The default model: SmolLM2-135M-Instruct from its installed file, converted once to safetensors."""

import importlib.util
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from midthought.memory.atomic_files import sync
from midthought.memory.errors import EngineFailed, MissingExtra
from midthought.reasoner.engines.file_lock import file_lock
from midthought.reasoner.engines.model_file import SMOLLM2, default_cache, find_model
from midthought.retrieval.encoders.quiet_bars import quiet_bars

MODEL_NAME = SMOLLM2.name
_PURPOSE = f"the default model {MODEL_NAME}"
_FORMAT = 1
"""Counts up when a conversion of an earlier version must be done again."""
_MANIFEST = "manifest.json"
_ASIDE = ".aside-"


def convert_smollm2(cache: Path | None = None) -> Path:
    """Return the directory of the converted model, converting it at the first call (seconds, 0.54 GB).

    The conversion is written aside, synced and renamed: a reader sees all of it or nothing. Processes that start
    together wait for the first of them. A directory with a missing or short file is built again. No network is used.

    Args:
        cache: where models lie; `default_cache()` if None.

    Raises:
        MissingExtra: the file with the weights is not installed, or a package needed to read it.
        EngineFailed: the cache cannot be written.
    """
    source = find_model(cache)
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
    with file_lock(root / f".{MODEL_NAME}.lock"):
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
            sync(root)
        finally:
            if aside.exists():  # its name was not given to it
                shutil.rmtree(aside)


def _write_model(source: Path, directory: Path) -> None:
    for package in ("gguf", "accelerate"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtra(package, extra="local", purpose=_PURPOSE)
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, file = str(source.parent), source.name
    # fp32 holds the dequantised 4-bit weights exactly; bfloat16 would round them once more.
    with quiet_bars():
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
        sync(file)
    manifest = _describe(source) | {"files": {file.name: file.stat().st_size for file in files}}
    path = directory / _MANIFEST
    path.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    sync(path)
    sync(directory)
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
