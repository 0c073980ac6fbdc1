"""Writes the pages that are made from the definitions: ``python docs/site/reference.py build/reference``.

Commands and options come from click, routes and objects from the OpenAPI description, methods and classes from their
signatures and docstrings, settings from their dataclass. `make docs` runs this before it builds the site.
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from reference_cli import cli_page
from reference_python import python_page
from reference_rest import objects_page, rest_page
from reference_settings import settings_page

PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "rest.md": rest_page,
    "objects.md": objects_page,
    "python.md": python_page,
    "settings.md": settings_page,
}
"""The name of each page below reference/, and what makes its text."""


def main(folder: Path) -> None:
    """Write every page to a folder, which is made if it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
