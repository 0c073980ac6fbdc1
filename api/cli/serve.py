"""``midthought serve``: the REST service over one directory."""

import gc
import os
import socket
import sys
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Option
from midthought.api.service_address import is_loopback
from midthought.api.settings import Settings
from midthought.memory.errors import BadSettings

if TYPE_CHECKING:
    from midthought.api.key_check import KeyCheck
    from midthought.api.rest.server import ThoughtServer

_SLACK = 10.0


def serve(
    context: click.Context,
    host: Annotated[str | None, Option(help="The address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, Option(help="The port; 0 takes a free one.  [default: 8377]")] = None,
    upstream: Annotated[
        str | None, Option(help="Also stand before the model server at this URL, as a proxy with recall.")
    ] = None,
) -> None:
    """Serve the memory over HTTP until stopped. Beyond this machine only with keys."""
    settings = read_settings(context, host=host, port=port, upstream=upstream)
    if settings.url:
        raise BadSettings("serve works on a directory: leave out --url and MIDTHOUGHT_URL")
    _check_host(settings)
    with closing(_listen(settings)) as listener:
        _check_upstream(settings, listener.getsockname()[1])
        _serve(settings, listener)


def _check_host(settings: Settings) -> None:
    """Refuse another address without a key at all, before a memory is made for nothing."""
    from midthought.memory.database.opening_checks import DATABASE

    if not (settings.home_directory / DATABASE).exists():
        _refuse_open(settings, has_live=bool(settings.api_keys))


def _refuse_open(settings: Settings, *, has_live: bool) -> None:
    if not has_live and not is_loopback(settings.host):
        raise BadSettings(
            f"host {settings.host!r} can be reached from other machines, and the memory has no key: make one with "
            f"'midthought keys create', or set api_keys in the settings file or MIDTHOUGHT_API_KEYS, or listen on "
            f"127.0.0.1"
        )


def _check_upstream(settings: Settings, port: int) -> None:
    """Refuse a service that would stand before itself: its first request would ask it for ever."""
    parts = urlsplit(settings.upstream)
    if parts.hostname and is_loopback(parts.hostname) and parts.port == port:
        raise BadSettings(f"setting 'upstream' is this service itself, got {settings.upstream!r}")


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise BadSettings(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}"
        ) from error


_SWITCH_SECONDS = 0.001
"""How long a thread may hold Python's lock while others wait for it. With Python's own 5 ms the event loop, which wants
it several times per request, answered `/health/live` half as fast under load: 99 of 100 within 380 to 720 ms on two
processors shared with eight programs, and within 140 to 360 with this."""


def _serve(settings: Settings, listener: socket.socket) -> None:
    from midthought.api.cli.stop_signals import StopSignals
    from midthought.api.key_check import KeyCheck
    from midthought.api.opening import open_directory
    from midthought.api.python.memory import core_of
    from midthought.api.redaction import Redactor, redact_logs
    from midthought.api.rest.app import create_app
    from midthought.api.rest.known_secrets import known_secrets
    from midthought.api.rest.server import ThoughtServer
    from midthought.api.service_address import service_note
    from midthought.api.watch.logs import set_up_logs

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{listener.getsockname()[1]}"
    redactor = Redactor(known_secrets(settings))
    set_up_logs(settings.log_format, settings.log_level, clean=redactor.clean)
    sys.setswitchinterval(_SWITCH_SECONDS)
    with open_directory(settings) as memory, service_note(settings.home_directory, url):
        check = KeyCheck(settings, memory)
        _refuse_open(settings, has_live=check.has_live)
        jobs = core_of(memory).jobs
        app = create_app(memory, settings)
        app.state.readiness.on_ready = _note_ready
        server = ThoughtServer(app, on_drain=jobs.stop)
        redact_logs(redactor)
        signals = StopSignals(partial(_begin_drain, server), seconds=_longest(settings))
        with signals.heard():
            _announce(settings, url, check)
            signals.begin()
            server.run(sockets=[listener])
            gc.unfreeze()  # what is still frozen at the end is listed on standard error, as a leak
            signals.all_is_done()
            has_ended = jobs.close(seconds=settings.drain_seconds)
    click.echo("stopped" if has_ended else "stopped; a job that was running goes on at the next start", err=True)
    if not has_ended:
        sys.stderr.flush()
        os._exit(0)  # the thread of that job still waits, for a model perhaps, and would be waited for


def _note_ready() -> None:
    """Say that the service is ready; the garbage collector leaves alone what is loaded until now.

    It looked through the modules and the starter memory every ten seconds under load, and all threads waited for 130 ms
    each time: 99 of 100 answers of `/health/live` came within 90 to 120 ms, now within 20 to 30.
    """
    from midthought.api.cli.service_notice import READY, notify

    gc.collect()
    gc.freeze()
    notify(READY)


def _begin_drain(server: "ThoughtServer") -> None:
    from midthought.api.cli.service_notice import STOPPING, notify

    server.begin_drain()
    notify(STOPPING)


def _longest(settings: Settings) -> float:
    """Return the seconds from a signal to the end of the last request, with some for a slow machine."""
    from midthought.api.rest.server import LAST_WORDS

    return settings.drain_delay + settings.drain_seconds + LAST_WORDS + _SLACK


def _announce(settings: Settings, url: str, check: "KeyCheck") -> None:
    from midthought.api.proxy.upstream import strip_version

    keys = "yes" if check.is_needed else "none"
    click.echo(f"serving {settings.home_directory} at {url} (keys: {keys})", err=True)
    if check.is_needed and not check.has_live:
        click.echo(
            "nobody is let in: every key of this memory has ended. Stop the service and make one with 'midthought keys "
            "create', or set open_without_keys to let programs of this machine in without",
            err=True,
        )
    if settings.upstream:
        click.echo(f"before the model server at {strip_version(settings.upstream)}: base URL {url}/v1", err=True)
