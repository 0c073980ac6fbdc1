"""Global options may stand anywhere on the line."""

_WITH_VALUE = ("--home", "--url", "--namespace", "--config")
_ALONE = ("--debug",)


def hoist_globals(arguments: list[str]) -> list[str]:
    """Return the arguments with the global options first, whichever side of the command they stood on.

    What follows ``--`` stays where it is.

    >>> hoist_globals(["recall", "why?", "--home", "/tmp/m"])
    ['--home', '/tmp/m', 'recall', 'why?']
    """
    first: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        one = waiting.pop(0)
        if one == "--":
            return [*first, *rest, one, *waiting]
        if one in _WITH_VALUE and waiting:
            first += [one, waiting.pop(0)]
        elif one in _ALONE or one.startswith(tuple(f"{name}=" for name in _WITH_VALUE)):
            first.append(one)
        else:
            rest.append(one)
    return first + rest
