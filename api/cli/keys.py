"""``midthought keys``: the keys that a service accepts, kept in the memory itself."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.command_group import CommandGroup, CommandRow
from midthought.api.cli.failures import reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for, open_memory_to_read
from midthought.api.operations.keys import CreateKey, RotateKey
from midthought.api.recall_arguments import read_moment
from midthought.memory.errors import BadInput
from midthought.memory.records.api_key import EVERY, KeyState, Scope

if TYPE_CHECKING:
    from midthought.api.operations.keys import MadeKey
    from midthought.memory.records.api_key import StoredKey

KeyId = Annotated[str, Argument(metavar="KEY", help="The public id of a key, as `keys list` prints it.")]
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(\d{1,9})([smhd])")


def list_keys(context: click.Context, output: OutputOption = Output.TEXT) -> None:
    """List the keys, oldest first, also those that have ended; the keys of the settings are not among them."""
    with open_memory_to_read(read_settings(context)) as memory:
        for one in memory.list_keys():
            _print(one, output)


def create(
    context: click.Context,
    name: Annotated[str, Argument(metavar="NAME", help="What the key is for.")],
    namespaces: Annotated[
        tuple[str, ...],
        Option(metavar="<str>", help="A namespace that it opens; may be given several times.  [default: --namespace]"),
    ] = (),
    every: Annotated[bool, Option(names=("--all",), help="It opens all namespaces.")] = False,
    scope: Annotated[Scope, Option(help="What it allows; each includes those before it.")] = Scope.READ,
    expires: Annotated[
        str | None, Option(metavar="<time>", help="When it ends: in 90d or 12h, or at 2027-01-31.  [default: never]")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Make a key and print it, this once. From the first key on a service needs keys."""
    settings = read_settings(context)
    opened = (EVERY,) if every else namespaces or (settings.namespace,)
    with reading_options():
        request = CreateKey(name=name, namespaces=opened, scope=scope, expires_at=_read_end(expires))
    with open_memory_for(settings) as memory:
        made = memory.send(request)
    _print_made(made, output)


def rotate(
    context: click.Context,
    key_id: KeyId,
    grace: Annotated[str, Option(metavar="<time>", help="How long the old key goes on: 30m, 24h, 7d.")] = "0s",
    output: OutputOption = Output.TEXT,
) -> None:
    """Replace a key by a new one with the same rights, and print that, this once."""
    with reading_options():
        request = RotateKey(key_id=key_id, grace=_read_duration("grace", grace))
    with open_memory_for(read_settings(context)) as memory:
        made = memory.send(request)
    _print_made(made, output)


def revoke(context: click.Context, key_id: KeyId, output: OutputOption = Output.TEXT) -> None:
    """Refuse a key from now on, for good."""
    with open_memory_for(read_settings(context)) as memory:
        _print(memory.revoke_key(key_id), output)


def _read_end(given: str | None) -> datetime | None:
    if given is None or not _DURATION.fullmatch(given):
        return read_moment("expires", given)
    try:
        return datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=_read_duration("expires", given))
    except OverflowError:
        raise BadInput(f"expires must be within the years that there are, got {given!r}") from None


def _read_duration(name: str, given: str) -> int:
    found = _DURATION.fullmatch(given)
    if found is None:
        raise BadInput(f"{name} must be a number with s, m, h or d, as in 24h, got {given!r}")
    return int(found[1]) * _SECONDS[found[2]]


def _print_made(made: "MadeKey", output: Output) -> None:
    from midthought.api.operations.shapes import STORED_KEY

    if output is Output.JSON:
        print_json({"key": made.key, "stored": STORED_KEY.write(made.stored)})
        return
    print_text(made.key)
    print_text(_describe(made.stored), error=True)
    print_text("keep the key now: it cannot be shown again", error=True)


def _print(stored: "StoredKey", output: Output) -> None:
    from midthought.api.operations.shapes import STORED_KEY

    if output is Output.JSON:
        print_json(STORED_KEY.write(stored))
    else:
        print_text(_describe(stored))


def _describe(stored: "StoredKey") -> str:
    state = stored.state_at(datetime.now(UTC).replace(tzinfo=None))
    opened = ",".join(stored.namespaces) or "nothing"
    told = [f"{stored.id}  {state:<7}  {stored.scope:<5}  {opened}  {stored.name}"]
    if state is KeyState.REVOKED:
        told.append(f"revoked {_moment(stored.revoked_at)}")
    elif stored.expires_at is not None:
        told.append(f"{'ended' if state is KeyState.EXPIRED else 'ends'} {_moment(stored.expires_at)}")
    told.append(f"last used {_moment(stored.last_used_at)}" if stored.last_used_at else "never used")
    if stored.replaced_by:
        told.append(f"replaced by {stored.replaced_by}")
    return ", ".join(told)


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment is not None else ""


keys_commands = CommandGroup(
    "keys",
    [
        CommandRow(
            "list",
            "List the keys, oldest first, also those that have ended; the keys of the settings are not among them.",
            module="keys",
            function="list_keys",
        ),
        CommandRow(
            "create", "Make a key and print it, this once. From the first key on a service needs keys.", module="keys"
        ),
        CommandRow(
            "rotate", "Replace a key by a new one with the same rights, and print that, this once.", module="keys"
        ),
        CommandRow("revoke", "Refuse a key from now on, for good.", module="keys"),
    ],
    help="Keys that a service accepts: make, rotate and revoke them.",
)
