"""How others reach all of it: the embedded library, the command line and the REST service."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from midthought.api.doctor import check_all
    from midthought.api.doctor_finding import Finding
    from midthought.api.operations.entries import Added, Forgotten
    from midthought.api.python.async_client import AsyncClient
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory, open_memory
    from midthought.api.rest.app import create_app
    from midthought.api.settings import Settings
    from midthought.api.settings_sources import load_settings
else:
    from midthought.memory.lazy_exports import lazy_exports

    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "Added",
    "AsyncClient",
    "Client",
    "Finding",
    "Forgotten",
    "Memory",
    "Settings",
    "check_all",
    "create_app",
    "load_settings",
    "open_memory",
]
