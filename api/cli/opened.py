"""Opening the memory for a command, with a word where one is made."""

from typing import TYPE_CHECKING

from midthought.api.cli.printing import print_text
from midthought.api.home import check_home
from midthought.api.settings import Settings

if TYPE_CHECKING:
    from midthought.api.client import Client
    from midthought.api.library import Memory


def open_memory_for(settings: Settings) -> "Memory | Client":
    """Open what the settings name; standard error says so if a memory is made."""
    from midthought.api.opening import open_library

    if not settings.url:
        check_home(settings.home_directory)
    if settings.starter and not settings.url and not (settings.home_directory / "midthought.duckdb").exists():
        print_text(f"making a memory in {settings.home_directory} with the starter memory", error=True)
    return open_library(settings)
