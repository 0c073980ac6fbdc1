"""A plain function that recalls, for programs and frameworks that make a tool of any function."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from midthought.api.hint_text import hint_text
from midthought.api.plugins.recalling import PluginRecall, open_place

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory


def make_recall_text(
    memory: "str | Path | Memory | Client",
    *,
    namespace: str = "default",
    k: int = 3,
    max_tokens: int | None = None,
    api_key: str = "",
) -> Callable[[str], str]:
    """Return the function ``recall_text(question) -> str`` over a memory, its directory, or the URL of a service."""
    recall = PluginRecall(open_place(memory, api_key=api_key), namespace, k, max_tokens=max_tokens)

    def recall_text(question: str) -> str:
        """Search the memory for ways to solve problems like a question.

        Args:
            question: what to look for, best put in general terms.

        Returns:
            The entries found, each between marks in which it is data; empty if nothing fits.
        """
        return hint_text(recall.ask(question))

    return recall_text
