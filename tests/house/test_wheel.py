"""The wheel carries the whole package and nothing else, and works where nothing but its core needs is installed."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SHIPPED_DATA = (
    "calibration", "cues", "examples", "lexicon", "pages", "patterns", "prompts", "starter", "steps", "thinking"
)  # fmt: skip
UV = Path(sys.executable).parent / "uv"

IMPORT_ALL = """
import importlib, importlib.resources, pkgutil, sys
import midthought, midthought.api, midthought.ingest, midthought.memory, midthought.reasoner, midthought.retrieval
names = [m.name for m in pkgutil.walk_packages(midthought.__path__, "midthought.")]
from midthought.memory.errors import MissingExtra
missing = set()
for name in names:
    try:
        importlib.import_module(name)
    except MissingExtra:
        missing.add(name)
frameworks = "dspy haystack langchain langchain_agent langgraph litellm llama_index"
watching = {f"midthought.api.watch.{name}" for name in ("tracing", "request_spans", "job_batches")}
assert missing == watching | {f"midthought.api.plugins.{name}" for name in frameworks.split()}, missing
assert "torch" not in sys.modules and "/site-packages/" in midthought.__file__, midthought.__file__
from midthought.api.explorer.page import environment, read_data
from midthought.ingest.extraction.cues import shipped_cues
from midthought.ingest.lexicon import load_lexicon
from midthought.ingest.starter import read_starter
from midthought.reasoner.engines.thinking_formats import load_formats
pages = [file.name for file in (importlib.resources.files("midthought") / "pages").iterdir()]
assert all(read_data(name) for name in pages)
assert len([environment().get_template(name) for name in pages if name.endswith(".html")]) > 15
print(len(names) > 40, len(read_starter()) >= 260, len(shipped_cues()) > 20, len(load_formats()) > 4)
"""


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.rmtree(root / "build", ignore_errors=True)  # setuptools would carry over files deleted since
    subprocess.run([UV, "build", "--quiet", "--wheel", "--out-dir", folder, root], check=True)
    shutil.rmtree(root / "build")
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_wheel_contents(root: Path, wheel: Path) -> None:
    """Every module, migration and starter file is in the wheel; tests, benchmarks and trajectories are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    folders = ("api", "ingest", "memory", "reasoner", "retrieval")
    wanted = {f"midthought/{f.relative_to(root)}" for folder in folders for f in (root / folder).rglob("*.py")}
    wanted |= {f"midthought/{f.relative_to(root)}" for f in (root / "memory").rglob("*.sql")}
    data = [f for folder in SHIPPED_DATA for f in (root / "data" / folder).rglob("*.*")]
    wanted |= {f"midthought/{f.relative_to(root / 'data')}" for f in data}
    assert names == wanted | {"midthought/__init__.py", "midthought/__main__.py", "midthought/py.typed"}


@pytest.mark.slow
def test_wheel_installs_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """Outside the checkout, with core dependencies only, every module imports; that of a framework names its extra."""
    environment = tmp_path / "environment"
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    python = environment / "bin" / "python"
    constraints = Path(__file__).parents[2] / "constraints.txt"
    subprocess.run(
        [UV, "pip", "install", "--quiet", "--python", python, "--constraint", constraints, wheel], check=True
    )
    # Isolated: a PYTHONPATH of the caller may name a checkout.
    done = subprocess.run([python, "-I", "-c", IMPORT_ALL], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("True True True True\n", 0), done.stderr
    version = subprocess.run(
        [environment / "bin" / "midthought", "--version"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert version.stdout.strip().endswith("0.1.0"), version.stderr
