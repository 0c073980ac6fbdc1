"""Starts and ends a vLLM server on the CPU, with the plugin or without, with either model runner; and asks it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

START_SECONDS = 300
"""A first start compiles vLLM's modules and takes a minute on 2 cores."""

NO_PLUGIN = """
import importlib.metadata as metadata
every = metadata.entry_points
def entry_points(**wanted):
    return metadata.EntryPoints() if wanted.get("group") == "vllm.logits_processors" else every(**wanted)
metadata.entry_points = entry_points
"""
"""Put in a process at its start, hides the plugin from vLLM: the server of an environment without it."""

INTERPRETED = {
    "__init__.py": "",
    "compiler.py": """
from triton.backends.compiler import BaseBackend
class Nothing(BaseBackend):
    @staticmethod
    def supports_target(target): return target.backend == "cpu"
    def hash(self): return "interpreted"
    def parse_options(self, options): raise NotImplementedError
    def add_stages(self, stages, options, language): raise NotImplementedError
    def load_dialects(self, context): raise NotImplementedError
    def get_module_map(self): return {}
""",
    "driver.py": """
from triton.backends.driver import DriverBase
class Nothing(DriverBase):
    def __init__(self): pass
    @classmethod
    def is_active(cls): return True
    def get_current_target(self): raise NotImplementedError
    def get_active_torch_device(self): raise NotImplementedError
    def get_benchmarker(self): raise NotImplementedError
    def map_python_to_cpp_type(self, ty): raise NotImplementedError
""",
}
"""A CPU backend of Triton that only says it is there. vLLM's second runner (V2) asks for one; Triton's own interpreter
then runs its kernels in NumPy: slowly, but it is the runner's own code that runs."""

TRUTH_VALUES = """
import triton.runtime.interpreter as interpreter
builder = interpreter.InterpreterBuilder
load, store = builder.create_masked_load, builder.create_masked_store
def load_where(self, pointers, mask, *more):
    mask.data = mask.data.astype(bool)
    return load(self, pointers, mask, *more)
def store_where(self, pointers, value, mask, *more):
    mask.data = mask.data.astype(bool)
    return store(self, pointers, value, mask, *more)
builder.create_masked_load, builder.create_masked_store = load_where, store_where
"""
"""Lets the interpreter take the whole numbers that kernels of speculative decoding have for truth values."""


@contextmanager
def serve_model(
    model: Path,
    folder: Path,
    *,
    plugin: bool = True,
    runner: int = 1,
    flags: Sequence[str] = (),
    command: Sequence[str] = (),
) -> Iterator[str]:
    """Yield the address of a server that answers; end it and all its children behind. See `run_server`."""
    with run_server(model, folder, plugin=plugin, runner=runner, flags=flags, command=command) as (address, _):
        yield address


@contextmanager
def run_server(
    model: Path,
    folder: Path,
    *,
    plugin: bool = True,
    runner: int = 1,
    flags: Sequence[str] = (),
    command: Sequence[str] = (),
) -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    """Yield the address and the process of a server that answers; end it and all its children behind.

    Args:
        model: a directory.
        folder: for its log and for compiled modules; share it between servers to start quickly.
        plugin: False starts it as if Midthought's plugin were not installed.
        runner: 1, or 2 under Triton's interpreter.
        flags: further ones of vLLM.
        command: what starts it with this model; vLLM's own server if empty.

    Raises:
        RuntimeError: it ended, or did not answer within `START_SECONDS`; holds the end of its log.
    """
    address = f"127.0.0.1:{_free_port()}"
    command = list(command) or [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model)]
    command += ["--served-model-name", "model", "--host", "127.0.0.1", "--port", address.split(":")[1]]
    command += ["--dtype", "float32", "--max-model-len", "1024", "--max-num-seqs", "40", "--enforce-eager", *flags]
    log = folder / f"{address.split(':')[1]}.log"
    folder.mkdir(parents=True, exist_ok=True)
    environment = _environment(folder, plugin=plugin, runner=runner)
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=output, stderr=output, start_new_session=True
        )
        try:
            _await_answer(server, f"http://{address}/health", log)
            yield f"http://{address}", server
        finally:
            _end_group(server)


def complete_all(address: str, bodies: Sequence[dict[str, Any]]) -> list[httpx.Response]:
    """Return the answers to completion requests, all in flight together, in their order."""
    with ThreadPoolExecutor(len(bodies)) as threads, httpx.Client(trust_env=False, timeout=300) as client:
        sent = [threads.submit(client.post, f"{address}/v1/completions", json=body) for body in bodies]
        return [one.result() for one in sent]


def _environment(folder: Path, *, plugin: bool, runner: int) -> dict[str, str]:
    """Return the variables of a server; writes what they point to."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    first = ("" if plugin else NO_PLUGIN) + (TRUTH_VALUES if runner == 2 else "")
    path = [_write_files(folder / f"start_{plugin}_{runner}", {"sitecustomize.py": first})]
    path += [_write_interpreted(folder)] if runner == 2 else []
    second = {"VLLM_USE_V2_MODEL_RUNNER": "1", "TRITON_INTERPRET": "1"} if runner == 2 else {}
    return {
        **given,
        **second,
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB; by default it takes what it finds
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # two servers would bind to the same core
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the worker in the engine's process: one import of vLLM less
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin made decoding four times slower on 2 cores
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),  # each process imports vLLM
    }


def _write_interpreted(folder: Path) -> Path:
    path = folder / "interpreted"
    _write_files(path / "interpreted_triton", INTERPRETED)
    metadata = "Metadata-Version: 2.1\nName: interpreted-triton\nVersion: 0\n"
    points = "[triton.backends]\ncpu = interpreted_triton\n"
    _write_files(path / "interpreted_triton-0.dist-info", {"METADATA": metadata, "entry_points.txt": points})
    return path


def _write_files(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_answer(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise RuntimeError(f"the server ended or did not answer: {log.read_text(errors='replace')[-3000:]}")


def _end_group(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(timeout=15)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)  # its engine and worker, should they be left
    server.wait()
