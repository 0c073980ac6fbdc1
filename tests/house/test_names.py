"""One name, one class: a reader who has met a name knows what it is everywhere."""

import re
from collections import Counter
from pathlib import Path

from midthought import __all__ as exported

FOLDERS = ("api", "ingest", "memory", "reasoner", "retrieval")


def class_names(root: Path) -> Counter[str]:
    """Every public class of the five folders, with how many files define one of that name."""
    texts = (module.read_text() for folder in FOLDERS for module in (root / folder).rglob("*.py"))
    names = (name for text in texts for name in re.findall(r"^class (\w+)", text, re.MULTILINE))
    return Counter(name for name in names if not name.startswith("_"))


def test_no_two_classes_share_a_name(root: Path) -> None:
    """A public class has a name that no other class has."""
    found = class_names(root)
    assert {name for name, count in found.items() if count > 1} == set()
    assert {"Memory", "Client", "Procedure"} <= set(found) & set(exported)  # the check reads what it should
