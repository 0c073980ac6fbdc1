"""Loading a transformers model without its progress bar."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quiet_bars() -> Iterator[None]:
    """Show no progress bar for a load of less than a second."""
    from transformers.utils import logging

    bars: Any = logging  # untyped in transformers
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()
