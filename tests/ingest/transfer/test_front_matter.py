"""The front matter of skill files: which lines it has, and what each way to write a value means."""

import pytest

from midthought.ingest.transfer.foreign.front_matter import split_front_matter
from midthought.memory.errors import BadInput


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain words", "plain words"),
        ("'single'", "single"),
        ("'it''s'", "it's"),
        ('"double"', "double"),
        (r'"a \"b\""', 'a "b"'),
        (r'"no \escape"', r"no \escape"),
        ("''", ""),
        ('""', ""),
        ("'", "'"),
        ('"', '"'),
        ("'open", "'open"),
        ("shut'", "shut'"),
        ('"open', '"open'),
        ('shut"', 'shut"'),
        ("'a\"", "'a\""),
        ("a'b'a", "a'b'a"),
        ("'two\n  lines'", "two lines"),
        ("over\n\n  two", "over two"),
        ("|\n  kept\n  apart", "kept\napart"),
        ("|-\n  kept\n\n  apart", "kept\n\napart"),
        (">+\n  folded\n  up", "folded up"),
        ("| not a block", "| not a block"),
        ("words # a comment", "words"),
        ("C# and F#", "C# and F#"),
        ("'quoted # text'", "quoted # text"),
        ("", ""),
    ],
)
def test_ways_to_write_a_value(value: str, text: str) -> None:
    """Plain, quoted, folded and kept texts are read as YAML means them; a quote at one end only is text."""
    assert split_front_matter(f"---\na: {value}\nb: c\n---\nbody") == ({"a": text, "b": "c"}, "body")


def test_what_is_no_field() -> None:
    """Comments and empty lines are left out, nested lines belong to the field above, a later ``---`` is body."""
    text = "\ufeff---  \r\n# first\r\n\r\na: b\r\n# c\r\nd:\r\n- e\r\n  f: g\r\n... \r\n\r\nbody\r\n---\r\nend\r\n"
    assert split_front_matter(text) == ({"a": "b", "d": "- e f: g"}, "body\n---\nend")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must begin with front matter"),
        ("--- a\n---\n", "must begin with front matter"),
        ("---\na: b\n ---\n", "does not end"),
        ("---\na: b\na: c\n---\n", "line 3: the field 'a' stands twice"),
        ("---\n nested: first\n---\n", "line 2: expected 'name: value', got 'nested: first'"),
        ("---\na: b\nplain\n---\n", "line 3: expected 'name: value', got 'plain'"),
        ("---\na:b\n---\n", "line 2: expected"),
    ],
)
def test_what_cannot_be_read(text: str, reason: str) -> None:
    """The line and what was expected there are told."""
    with pytest.raises(BadInput, match=reason):
        split_front_matter(text)
