"""Loading and converting models without progress bars: the libraries draw all of theirs with tqdm."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

_lock = Lock()
_users = 0
_drawn: Any = None


@contextmanager
def quiet_bars() -> Iterator[None]:
    """Draw no progress bar meanwhile, whichever library makes it.

    The switch of transformers has no effect on its reading of GGUF files, so tqdm itself is changed.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _users, _drawn
    from tqdm.std import tqdm

    with _lock:
        _users += 1
        if _users > 1:
            return
        drawn = _drawn = tqdm.__init__

        def begin(bar: Any, *args: Any, **options: Any) -> None:
            drawn(bar, *args, **{**options, "disable": True})

        setattr(tqdm, "__init__", begin)  # noqa: B010  # mypy allows no other way to replace a method


def _leave() -> None:
    global _users
    from tqdm.std import tqdm

    with _lock:
        _users -= 1
        if not _users:
            setattr(tqdm, "__init__", _drawn)  # noqa: B010  # see above
