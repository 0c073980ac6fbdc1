"""What docs/security.md names as a defence or as its test is there."""

import re
from pathlib import Path

import pytest

PATH = re.compile(r"`((?:api|memory|ingest|retrieval|reasoner|data)/[\w/.-]+)`|`(\w+\.py)`")


def test_every_row_names_code_and_a_test(root: Path) -> None:
    """Files that exist; the last cell is a test."""
    tables = (root / "docs" / "security.md").read_text().split("| what it tries | what happens | code | test |\n")[1:]
    rows = [row for table in tables for row in table.partition("\n\n")[0].splitlines()[1:]]
    defended = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert len(defended) >= 20
    for _, what, code, tests in defended:
        assert what
        for place, cell in ((root, code), (root / "tests", tests)):
            named = [one[0] for one in PATH.findall(cell) if one[0]]
            assert named, cell
            assert not [one for one in named if not (place / one).exists()]


@pytest.mark.parametrize("setting", ["key_rate", "key_burst", "key_concurrency", "key_attempts", "max_batch"])
def test_every_limit_is_told(root: Path, setting: str) -> None:
    """In the table of limits, beside those of bodies."""
    assert f"`{setting}`" in (root / "docs" / "security.md").read_text().partition("## Limits")[2]
