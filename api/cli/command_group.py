"""Commands that are imported when they are run: an overview needs only their names and one sentence each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command: its name, the first sentence of its help, and where its function or group is.

    Attributes:
        module: the file in ``api/cli``; the command's name if empty.
        function: the function, or the group of commands; the command's name if empty.
    """

    name: str
    summary: str
    module: str = ""
    function: str = ""

    def load(self) -> click.Command:
        """Return the command, with its options; only its own module is imported for it."""
        module = import_module(f"midthought.api.cli.{self.module or self.name}")
        found = getattr(module, self.function or self.name)
        if isinstance(found, click.Command):
            return found
        from midthought.api.cli.parameters import make_command

        return make_command(self.name, found, summary=self.summary)


class LoadedCommands(Mapping[str, click.Command]):
    """The commands of rows by name, each loaded when it is looked up."""

    def __init__(self, rows: Mapping[str, CommandRow]) -> None:
        self._rows = rows

    def __getitem__(self, name: str) -> click.Command:
        return self._rows[name].load()

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class CommandGroup(click.Group):
    """A group of commands, in the order of its rows."""

    def __init__(
        self, name: str, rows: Sequence[CommandRow], *, callback: Callable[..., Any] | None = None, **options: Any
    ) -> None:
        super().__init__(name, callback=callback, invoke_without_command=callback is not None, **options)
        self.rows = {row.name: row for row in rows}
        self.commands = LoadedCommands(self.rows)  # type: ignore[assignment]  # click only reads it here

    def list_commands(self, ctx: click.Context) -> list[str]:  # as click calls it
        """Return the names of the commands."""
        return list(self.rows)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names with their whole sentences, which click would cut at the width of a line."""
        with formatter.section("Commands"):
            formatter.write_dl([(row.name, row.summary) for row in self.rows.values()])
