"""The marks and look-alikes under data/: well formed, and as wide as the formats that models write."""

import re
import tomllib
import unicodedata
from pathlib import Path

import pytest

from midthought.memory.records.inert_text import (
    find_marks,
    fold_text,
    make_inert,
    read_look_alikes,
    read_mark_patterns,
    remove_invisible,
)
from midthought.reasoner.engines.thinking_formats import load_formats

ROOT = Path(__file__).parents[2]
TAGS = re.compile(r"<[^>]*>|\[[^\]]*\]")


def test_look_alikes_are_no_normal_form() -> None:
    """None of them is in ASCII or becomes its letter by normal form KD and case folding alone; none is in two rows."""
    found = read_look_alikes()
    for one, letter in found.items():
        assert not one.isascii(), one
        assert len(letter) == 1
        assert letter.isascii()
        assert unicodedata.normalize("NFKD", one).casefold() != letter, one
        assert fold_text(one) == letter, one
    rows = tomllib.loads((ROOT / "data" / "thinking" / "look_alikes.toml").read_text(encoding="utf-8"))["look_alikes"]
    assert sum(map(len, rows.values())) == len(found)


@pytest.mark.parametrize("thinking", [one for one in load_formats() if one.closings], ids=lambda one: one.name)
def test_the_marks_of_every_format_are_found(thinking: object) -> None:
    """Of each thinking format, whatever opens or closes a thought or an answer."""
    texts = [*thinking.marks, thinking.opening, *thinking.closings, thinking.answer_opening, *thinking.answer_closings]  # type: ignore[attr-defined]
    for mark in [tag for text in texts for tag in TAGS.findall(text)]:
        assert find_marks(mark) == [fold_text(mark)]
        assert find_marks(make_inert(mark)) == []


@pytest.mark.parametrize(
    "text",
    [
        "vector<int> a; map<string, int> b; if (a<b && c>d) x = y<<2;",
        "<b>bold</b>, <p class='x'>, <div>, <a href='y'>z</a>",
        "Let x be in [0, 1], y in [a_1, a_n], and |x| < |y|. So <u, v> = 0 and <psi|phi>.",
        "\u27e8\u03c6|\u03c8\u27e9 and \u3010note\u3011",
        "{{0, 1}, {2}} [1][2] a[i][j] [see step 2]",
        "I think <this> is it.",
        "\u4f60\u597d \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 na\u00efve \u0434\u0430",
        "\U0001f469\u200d\U0001f467 \u2764\ufe0f",
    ],
)
def test_ordinary_texts_stay_as_they_are(text: str) -> None:
    """Code, markup, mathematics and the scripts of the world."""
    assert make_inert(text, ["[recalled hint]", "[end of hint]", "</think>"]) == text


def test_line_breaks_of_all_kinds_become_one() -> None:
    """And controls, lone surrogates and what cannot be seen go."""
    assert remove_invisible("a\r\nb\rc\u2028d\u0085e\x0bf") == "a\nb\nc\nd\ne\nf"
    assert remove_invisible("a\tb\x00c\x1bd\ud800e\u202ef\u200bg\U000e0041h\ufeff") == "a\tbcd\ufffdefgh"


def test_patterns_are_of_folded_text() -> None:
    """They hold no capital and no blank: nothing of a folded text would match."""
    for one in read_mark_patterns():
        plain = re.sub(r"\[\^[^\]]*\]|\[ =\]|\(\?:", "", one)
        assert plain == unicodedata.normalize("NFKD", plain).casefold()
