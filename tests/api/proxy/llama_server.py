"""llama.cpp's own server, as the package `xllamacpp` has it: a program for an environment with that package.

    python llama_server.py MODEL.gguf [TEMPLATE.jinja]

Prints its address. It reads no prompt from its cache and answers one request at a time, so that the same request has
the same answer: of two slots, what the other held before changed a greedy answer.
"""

import socket
import sys
from pathlib import Path

import xllamacpp


def main() -> None:
    """Serve until the end of standard input."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = sys.argv[1]
    parameters.n_ctx, parameters.n_parallel = 4096, 1
    parameters.cpuparams.n_threads = 1
    parameters.cache_prompt = False
    if len(sys.argv) > 2:
        parameters.chat_template = Path(sys.argv[2]).read_text()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        parameters.port = probe.getsockname()[1]
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
