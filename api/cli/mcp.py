"""``midthought mcp``: the memory as tools of the Model Context Protocol, over standard input and output."""

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from midthought.api.cli.global_options import read_settings

if TYPE_CHECKING:
    from mcp.server import Server


def mcp(context: click.Context) -> None:
    """Serve the memory as tools of the Model Context Protocol on standard input and output.

    A program that speaks the protocol starts this. A running service has the same tools at ``/mcp``, and for another
    namespace at ``/mcp/NAMESPACE``.
    """
    import anyio

    from midthought.api.mcp.server import make_server
    from midthought.api.opening import open_memory_for

    settings = read_settings(context)
    with open_memory_for(settings) as memory:
        anyio.run(_serve, make_server(partial(memory.send, namespace=settings.namespace)))


async def _serve(server: "Server[Any]") -> None:
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())
