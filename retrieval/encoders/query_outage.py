"""Queries that wait for a server which gives no answer are told so together, and not each after attempts of its own."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import Unreachable
from midthought.retrieval.json_endpoint import TRANSIENT, JsonEndpoint

if TYPE_CHECKING:
    import httpx

_IN_A_ROW = 3
"""A batch, and two callers of it alone: one text at which a server breaks down is the failure of its caller only."""
_SECONDS = 1.0
"""In this time all that waited meanwhile are told; who comes later asks the server again."""


class QueryOutage:
    """Posts to a server; once it failed several times in a row, it is not asked for a second after each failure.

    Ten callers that waited for a dead server took turns of 15 seconds each. Threads may share it: a count that two of
    them change at once is only somewhat wrong, and the next answer ends it.
    """

    def __init__(self, server: JsonEndpoint) -> None:
        self._server = server
        self._in_a_row = 0
        self._last = 0.0

    def post(self, body: Mapping[str, Any]) -> "httpx.Response":
        """Return the answer, as `JsonEndpoint.post` does. Raises `Unreachable`."""
        if self._in_a_row >= _IN_A_ROW and time.monotonic() - self._last < _SECONDS:
            raise self._server.failure(f"it gave no answer {self._in_a_row} times in a row")
        try:
            answer = self._server.post(body)
        except Unreachable:
            self._note()
            raise
        if answer.status_code in TRANSIENT:
            self._note()
        else:
            self._in_a_row = 0
        return answer

    def _note(self) -> None:
        self._in_a_row += 1
        self._last = time.monotonic()
