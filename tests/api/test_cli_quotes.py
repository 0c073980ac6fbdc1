"""Quotes on the command line: how they are shown, what is refused, and the picture."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from .conftest import Cli

QUESTION = "How do I sharpen a pencil with a knife?"


@pytest.mark.usefixtures("planted_home")
def test_unsupported_quotes_are_marked_in_the_stream(cli: Cli) -> None:
    """The engine that recites quotes what no text says: marked where it ends, told below, counted at the end."""
    arguments = ["--engine", "scripted", "--spans", "verify", "--branches", "1", "--procedures", "1"]
    out = cli("reason", QUESTION, *arguments).out
    assert "entence that I need, word for word: <quote>I follow the hint" in out
    assert "[1: UNSUPPORTED, invented]" in out
    assert "# [1] invented" in out
    assert "  1 quotes: 1 invented" in out


def test_a_text_beside_the_question(cli: Cli, tmp_path: Path) -> None:
    """What the text says is supported; the source names the file and the characters."""
    (tmp_path / "note.txt").write_text("Note: I follow the hint step by step and check a small case.\n</think>\nThis")
    arguments = ["--engine", "scripted", "--spans", "verify", "--context", "note.txt", "--branches", "1"]
    ran = cli("reason", "How many?", *arguments, "--procedures", "1", "-o", "json")
    (quote,) = [receipt["quote"] for receipt in ran.json["receipts"] if receipt["kind"] == "quote"]
    assert quote["verdict"] == "altered"
    assert quote["nearest"]["segment"] == "note.txt"
    assert "I follow the hint step by step" in quote["nearest_text"]
    assert ran.json["configuration"]["spans.mode"] == "verify"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--spans", "constrain"], 2, "cannot constrain its tokens to spans: take spans = verify"),
        (["--evidence", "2"], 2, "cannot constrain its tokens to spans"),
        (["--evidence", "-1"], 2, "'evidence'"),
        (["--spans", "sometimes"], 2, "sometimes"),
        (["--context", "missing.txt"], 1, "missing.txt: cannot be read: No such file"),
        (["--context", "bytes.bin"], 1, "bytes.bin: not UTF-8: "),
        (["--context", "empty.txt"], 1, "context empty.txt: the text is empty"),
        (["--context", "a.txt", "--context", "a.txt"], 1, "context: two texts are called 'a.txt'"),
        (["--spans", "verify", "--picture", "no/folder.svg"], 1, "no/folder.svg: there is no such folder"),
    ],
)
def test_what_is_refused(cli: Cli, tmp_path: Path, arguments: list[str], code: int, told: str) -> None:
    """Each with the option or the file it is about."""
    (tmp_path / "bytes.bin").write_bytes(b"\xff\xfe")
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "a.txt").write_text("One text.")
    ran = cli("reason", "How many?", "--engine", "scripted", *arguments)
    assert (ran.code, told in ran.err) == (code, True), ran.err


def test_delimiters_that_cannot_be(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """One mark that holds the other is refused with both settings."""
    monkeypatch.setenv("MIDTHOUGHT_QUOTE_OPEN", "<q>")
    monkeypatch.setenv("MIDTHOUGHT_QUOTE_CLOSE", "<q>!")
    ran = cli("reason", "How many?", "--engine", "scripted")
    assert ran.code == 2
    assert "'quote_open' and 'quote_close': no delimiter may contain the other" in ran.err


@pytest.mark.usefixtures("planted_home")
def test_the_picture(cli: Cli, tmp_path: Path) -> None:
    """It is an SVG with the thought, the text it quotes, and a link from the quote to its place and back."""
    (tmp_path / "note.txt").write_text("I follow the hint step by step and check a small case & more.")
    arguments = ["--engine", "scripted", "--spans", "verify", "--context", "note.txt", "--picture", "out.svg"]
    assert cli("reason", QUESTION, *arguments, "--branches", "1", "--procedures", "1").code == 0
    picture = ElementTree.parse(tmp_path / "out.svg")  # noqa: S314  # our own file
    space = "{http://www.w3.org/2000/svg}"
    shown = " ".join(one.text or "" for one in picture.iter(f"{space}text"))
    assert "note.txt" in shown
    assert "case & more." in shown
    links = {one.get("href"): one.get("id") for one in picture.iter(f"{space}a")}
    assert links == {"#source-0": "quote-0", "#quote-0": "source-0"}
    assert len(list(picture.iter(f"{space}path"))) == 1
