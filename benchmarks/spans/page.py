"""A page of results: printed, and with ``--write`` kept beside the script that made it."""

import argparse
from collections.abc import Iterable
from pathlib import Path


class Page:
    """The page of one script, and the options of that script.

    Args:
        about: the docstring of the script.
        script: its file; the page has the same name.
    """

    def __init__(self, about: str | None, script: str) -> None:
        self._script = Path(script)
        self._file = self._script.with_suffix(".md")
        self.parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
        self.parser.add_argument("--write", action="store_true", help=f"write {self._file.name} beside this script")

    def head(self, title: str, *, setting: str, told: str = "what each figure is") -> list[str]:
        """Return the first lines: the title, what the docstring of the script tells, and what it ran on."""
        script = "/".join(self._script.resolve().parts[-3:])
        return [f"# {title}", "", f"Made by `{script}`; its docstring says {told}.", "", setting, ""]

    def show_table(self, head: list[str], columns: str, rows: Iterable[str], *, write: bool) -> None:
        """Show a page that is one table below its head; `columns` is the row of their names."""
        rule = "|---" * (columns.count("|") - 1) + "|"
        self.show("\n".join([*head, columns, rule, *rows, ""]), write=write)

    def show(self, text: str, *, write: bool) -> None:
        """Print the page, and keep it if that is asked for."""
        print(text)
        if write:
            self._file.write_text(text, encoding="utf-8")
