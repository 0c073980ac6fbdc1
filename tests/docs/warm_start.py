"""Runs `midthought` for scripts without importing all of it each time: ``python warm_start.py SOCKET`` serves, and
``python warm_start.py SOCKET ARGUMENT...`` is the command.

The server has the modules imported and forks for each command, which gets the streams, the directory, the environment
and the signals of its caller. Half of the processor time of a short command is imports.
"""

import json
import os
import signal
import socket
import sys
from contextlib import suppress

PRELOADED = ("duckdb", "faiss", "fastapi", "httpx", "numpy", "tantivy", "uvicorn", "midthought.api.cli.main",
             "midthought.api.opening", "midthought.api.rest.app")  # fmt: skip


def call(path: str, arguments: list[str]) -> int:
    """Let the server run a command with the streams of this process; return its exit code."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        folder = os.getcwd()  # noqa: PTH109  # this side loads as little as it can
        wanted = json.dumps({"arguments": arguments, "folder": folder, "environment": dict(os.environ)}).encode()
        socket.send_fds(server, [len(wanted).to_bytes(8, "big")], [0, 1, 2])
        server.sendall(wanted)
        process = int(server.recv(16))
        for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(one, lambda number, _: os.kill(process, number))
        return int(server.recv(16) or 1)


def serve(path: str) -> None:
    """Fork for each connection, until this process is ended."""
    import importlib

    for name in PRELOADED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{path}.new")
        listener.listen(16)
        os.rename(f"{path}.new", path)  # noqa: PTH104  # it is there once it can be called
        parent = os.getppid()
        listener.settimeout(2)
        while os.getppid() == parent:
            try:
                caller, _ = listener.accept()
            except TimeoutError:
                continue
            caller.setblocking(True)
            if os.fork() == 0:
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                answer(caller)
            caller.close()


def answer(caller: socket.socket) -> None:
    """Run the command in one more process; tell its number, and at its end its exit code. Does not return."""
    head, streams, _, _ = socket.recv_fds(caller, 8, 3)
    size = int.from_bytes(head, "big")
    wanted = b""
    while len(wanted) < size:
        wanted += caller.recv(size - len(wanted))
    process = os.fork()
    if process == 0:
        caller.close()
        run(json.loads(wanted), streams)
    caller.sendall(str(process).ljust(16).encode())
    for one in streams:
        os.close(one)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with suppress(OSError):
        caller.sendall(str(code if code >= 0 else 128 - code).ljust(16).encode())
    os._exit(0)


def run(wanted: dict, streams: list[int]) -> None:  # type: ignore[type-arg]
    """Become the command. Does not return."""
    for number, one in enumerate(streams):
        os.dup2(one, number)
        os.close(one)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv = ["midthought", *wanted["arguments"]]
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate("rww"))
    from midthought.api.cli.main import main

    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001  # as Python does at the end of a process
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        sys.exit(serve(sys.argv[1]))
    sys.exit(call(sys.argv[1], sys.argv[2:]))
