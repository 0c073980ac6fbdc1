"""Stands between the proxy and its upstream, and keeps the bytes that the upstream sends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import h11


class WireTap:
    """Forwards connections to an upstream; `last` has the bytes of the answers on the connection used last."""

    def __init__(self, upstream: str) -> None:
        place = urlsplit(upstream)
        self._place = (place.hostname or "", place.port or 80)
        self.last = bytearray()
        self.url = ""

    def forward(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(self._place)
                except OSError:  # the upstream is dead
                    near.close()
                    continue
                for source, target, keeps in ((near, far, False), (far, near, True)):
                    threading.Thread(target=self._pass_on, args=(source, target, keeps), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, keeps: bool) -> None:
        kept = bytearray()
        with suppress(OSError):
            while block := source.recv(1 << 16):
                kept += block
                self.last = kept if keeps else self.last
                target.sendall(block)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        source.close()

    def last_body(self) -> bytes:
        """Return the body of the last answer, without the marks of its chunks."""
        reader, bodies = h11.Connection(h11.CLIENT), list[bytes]()
        reader.receive_data(bytes(self.last))
        while reader.trailing_data[0]:
            reader.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
            reader.send(h11.EndOfMessage())
            bodies.append(b"")
            while not isinstance(event := reader.next_event(), h11.EndOfMessage):
                bodies[-1] += bytes(event.data) if isinstance(event, h11.Data) else b""
            reader.start_next_cycle()
        return bodies[-1]


@contextmanager
def tap_wire(upstream: str) -> Iterator[WireTap]:
    """Forward meanwhile."""
    tap = WireTap(upstream)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tap.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=tap.forward, args=(listener,), daemon=True)
        thread.start()
        try:
            yield tap
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
