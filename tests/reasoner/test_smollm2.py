"""Converting the default model once, whole or not at all."""

import multiprocessing
import threading
import time
from pathlib import Path

import pytest

from midthought.memory.errors import EngineFailed, MissingExtra
from midthought.reasoner.engines import smollm2
from midthought.reasoner.engines.smollm2 import convert_smollm2


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Replaces the conversion by one that writes two small files; lists where it wrote."""
    written: list[Path] = []

    def write(_: Path, directory: Path) -> None:
        written.append(directory)
        (directory / "config.json").write_text("{}")
        time.sleep(0.05)
        (directory / "model.safetensors").write_bytes(b"weights")

    monkeypatch.setattr(smollm2, "_write_model", write)
    return written


def test_second_call_converts_nothing(conversions: list[Path], tmp_path: Path) -> None:
    """The converted model is found again."""
    assert convert_smollm2(tmp_path) == convert_smollm2(tmp_path)
    assert len(conversions) == 1
    assert [one.name for one in tmp_path.iterdir() if one.is_dir()] == ["SmolLM2-135M-Instruct"]


@pytest.mark.parametrize("damage", ["short", "missing", "manifest", "empty", "stale"])
def test_torn_cache_is_built_again(conversions: list[Path], tmp_path: Path, damage: str) -> None:
    """A short or missing file, a torn manifest, another source or format: the directory is replaced."""
    target = convert_smollm2(tmp_path)
    manifest = target / "manifest.json"
    if damage == "short":
        (target / "model.safetensors").write_bytes(b"weig")
    elif damage == "missing":
        (target / "config.json").unlink()
    elif damage == "manifest":
        manifest.write_text(manifest.read_text()[:-5])
    elif damage == "stale":
        manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 0'))
    else:
        for file in target.iterdir():
            file.unlink()
        if damage == "file":
            target.rmdir()
            target.write_text("not a directory")
    assert (convert_smollm2(tmp_path) / "model.safetensors").read_bytes() == b"weights"
    assert len(conversions) == 2


def test_broken_off_conversion_leaves_nothing(
    conversions: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error on the way leaves no directory behind, and the next call converts."""

    def fail(_: Path, directory: Path) -> None:
        (directory / "config.json").write_text("{}")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(smollm2, "_write_model", fail)
        with pytest.raises(EngineFailed, match="No space left"):
            convert_smollm2(tmp_path)
    assert [one for one in tmp_path.iterdir() if one.is_dir()] == []
    convert_smollm2(tmp_path)
    assert len(conversions) == 1


def test_leftovers_of_a_killed_process_are_removed(conversions: list[Path], tmp_path: Path) -> None:
    """Half a conversion from before goes away with the next one."""
    leftover = tmp_path / ".aside-SmolLM2-135M-Instruct-dead"
    leftover.mkdir()
    (leftover / "model.safetensors").write_bytes(b"half")
    convert_smollm2(tmp_path)
    assert not leftover.exists()
    assert len(conversions) == 1


def test_callers_together_convert_once(conversions: list[Path], tmp_path: Path) -> None:
    """Eight that start at once wait for the first."""
    threads = [threading.Thread(target=convert_smollm2, args=(tmp_path,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(conversions) == 1


def test_a_missing_model_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the file with the weights the error is the command to type."""
    monkeypatch.setattr("midthought.reasoner.engines.model_file._package_folders", lambda _: [])
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(MissingExtra, match="midthought model install"):
        convert_smollm2()


@pytest.mark.heavy
def test_two_processes_and_a_torn_file(tmp_path: Path) -> None:
    """Two processes convert the real model at once into a torn cache; both find it whole and loadable."""
    from safetensors import safe_open

    target = tmp_path / smollm2.MODEL_NAME
    target.mkdir()
    (target / "model.safetensors").write_bytes(b"torn")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=convert_smollm2, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    with safe_open(target / "model.safetensors", "pt") as weights:
        assert len(list(weights.keys())) == 272
    assert list(tmp_path.glob(".aside-*")) == []
