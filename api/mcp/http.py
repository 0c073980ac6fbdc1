"""The tools over HTTP in the service: every POST is one call, so that no session outlives its request or its key."""

from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from starlette.types import Message, Receive, Scope, Send

from midthought.api.caller_key import CallerKey, check_namespace, check_scope, may
from midthought.api.mcp.server import make_server
from midthought.api.mcp.tools import TOOLS, scope_of
from midthought.api.operations.request import Request as AnyRequest
from midthought.api.operations.request import check_batch
from midthought.api.python.memory import Memory
from midthought.api.rest.access import Caller, Owner
from midthought.api.rest.routers import make_router
from midthought.api.rest.state import Library
from midthought.memory.records.namespace import Namespace

if TYPE_CHECKING:
    from mcp.server import Server

router = make_router(in_schema=False)  # its messages are described by their own protocol


@router.post("/mcp")
async def answer_usual(request: Request, memory: Library, caller: Caller) -> Response:
    """Answer a message about the one namespace of the caller's key, else about that of the settings."""
    names = caller.namespaces if caller and not caller.opens_all else ()
    usual = names[0] if len(names) == 1 else request.app.state.settings.namespace
    owner = Namespace(usual)
    check_namespace(caller, owner, may_begin=True)
    return await _answer(request, memory, owner, caller)


@router.post("/mcp/{namespace}")
async def answer_namespace(request: Request, memory: Library, owner: Owner, caller: Caller) -> Response:
    """Answer a message about the namespace in the path."""
    return await _answer(request, memory, owner, caller)


async def _answer(request: Request, memory: Memory, owner: Namespace, caller: CallerKey | None) -> Response:
    def carry(asked: AnyRequest[Any]) -> object:
        check_scope(caller, scope_of(type(asked)))
        check_batch(asked, request.app.state.settings.max_batch)
        return memory.send(asked, namespace=owner)

    allowed = [row for row in TOOLS if may(caller, scope_of(row.operation))]
    # Read here, so that a body beyond the limit is refused as on every other route.
    return McpAnswer(await request.body(), make_server(carry, listed=allowed))


class McpAnswer(Response):
    """Lets the server of the tools answer one request, whose body was read already."""

    def __init__(self, read: bytes, server: "Server[Any]") -> None:
        super().__init__()
        self._read = read
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with one JSON message."""
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        waiting: list[Message] = [{"type": "http.request", "body": self._read, "more_body": False}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        size = max(1, len(self._read))
        manager = StreamableHTTPSessionManager(
            self._server, json_response=True, stateless=True, max_request_body_size=size
        )
        async with manager.run():
            await manager.handle_request(scope, replay, send)
