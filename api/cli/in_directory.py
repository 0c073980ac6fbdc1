"""Opening the store for commands that move it whole: they need its directory, and no encoder."""

from typing import TYPE_CHECKING

from midthought.api.home import check_home
from midthought.api.settings import Settings
from midthought.memory.errors import BadSettings, NotFound

if TYPE_CHECKING:
    from midthought.memory.store import Store


def open_store(settings: Settings, *, command: str) -> "Store":
    """Open the memory that lies in the settings' home; close it after use.

    Raises `BadSettings` where a URL is given and `NotFound` where there is no memory yet: none is made.
    """
    from midthought.memory.database.opening_checks import DATABASE, refuse_loss
    from midthought.memory.store import Store

    refuse_url(settings, command=command)
    home = settings.home_directory
    check_home(home)
    if not (home / DATABASE).exists():
        refuse_loss(home)
        raise NotFound(f"there is no memory in {home}: give its directory with --home")
    return Store(home)


def refuse_url(settings: Settings, *, command: str) -> None:
    """Raise `BadSettings` where a URL is given."""
    if settings.url:
        raise BadSettings(f"{command} works on a directory: leave out --url and MIDTHOUGHT_URL")
