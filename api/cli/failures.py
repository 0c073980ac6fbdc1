"""How the command line prints errors: one line each, and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from midthought.api.cli.exit_codes import ExitCode
from midthought.memory.errors import BadInput, BadSettings, MidthoughtError, NotFound, StoreInUse


def describe_error(error: Exception) -> str:
    """Return one line: what is wrong and what to do. For a directory in use it names its service, if any."""
    from midthought.api.redaction import clean_text
    from midthought.api.service_address import describe_use
    from midthought.api.text_validation import printable

    if isinstance(error, StoreInUse):
        return describe_use(error)
    text = error.format_message() if isinstance(error, click.ClickException) else str(error)
    return " ".join(printable(clean_text(text)).replace("Value error, ", "").split())


def exit_code_of(error: Exception) -> int:
    """Return the exit code of an error."""
    if isinstance(error, click.ClickException):
        return error.exit_code
    return ExitCode.USAGE if isinstance(error, BadSettings) else ExitCode.FAILED


@contextmanager
def reading_options() -> Iterator[None]:
    """Turn `BadInput` about an option or argument into wrong usage: nothing was tried, and the exit code is 2."""
    try:
        yield
    except BadInput as error:
        raise click.BadParameter(str(error)) from None


@contextmanager
def collecting(errors: list[MidthoughtError], *more: type[MidthoughtError]) -> Iterator[None]:
    """Append an error about one of several things to `errors`, so that the command continues with the next.

    `more` are classes that concern one thing here, beside those that always do.
    """
    concerned: tuple[type[MidthoughtError], ...] = (BadInput, NotFound, *more)
    try:
        yield
    except concerned as error:
        errors.append(error)


def raise_collected(errors: list[MidthoughtError]) -> None:
    """Print every error that a command continued after, and raise the last one for its exit code."""
    for error in errors[:-1]:
        click.echo(f"error: {describe_error(error)}", err=True)
    if errors:
        raise errors[-1]
