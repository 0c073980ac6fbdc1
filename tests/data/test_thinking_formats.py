"""The thinking formats under data/thinking: well formed, told apart, and read as the models write them."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from midthought.memory.errors import BadSettings
from midthought.reasoner.engines.thinking_formats import (
    DividedText,
    ThinkingFormat,
    find_format,
    find_format_by_name,
    format_names,
    load_formats,
    parse_formats,
    read_format,
)

RAW = tomllib.loads((Path(__file__).parents[2] / "data" / "thinking" / "formats.toml").read_text(encoding="utf-8"))
MARKED = [one for one in load_formats() if one.closings]
WRITTEN = {
    "channels": (
        "I count.<|end|><|start|>assistant<|channel|>analysis<|message|>Again: four.<|end|>"
        "<|start|>assistant<|channel|>final<|message|>It is 4.<|return|>",
        "I count.<|end|><|start|>assistant<|channel|>analysis<|message|>Again: four.",
    ),
    "begin_of_thought": (
        "\n\nI count.\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\nIt is 4.\n\n<|end_of_solution|>",
        "I count.",
    ),
    "start_thinking": ("I count.<|END_THINKING|><|START_RESPONSE|>It is 4.<|END_RESPONSE|>", "I count."),
    "thought_channel": ("I count.<channel|>It is 4.", "I count."),
    "brackets": ("I count.[/THINK]It is 4.", "I count."),
    "seed": ("I count.</seed:think>It is 4.", "I count."),
    "think": ("I count.\n</think>\n\nIt is 4.", "I count."),
}
"""What a model writes behind an opened thought, and the thought in it; the answer is the same in all."""


@dataclass
class Tokenizer:
    """Has what a format is found by."""

    added: tuple[str, ...] = ()
    chat_template: Any = None
    calls: list[str] = field(default_factory=list)

    def get_added_vocab(self) -> dict[str, int]:
        """Return the added tokens with their numbers."""
        return {token: number for number, token in enumerate(self.added)}


def test_every_marked_format_has_an_example() -> None:
    """A new row needs what a model of the family writes."""
    assert set(WRITTEN) == {one.name for one in MARKED}
    assert format_names()[-1] == "none"


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("shows_opening", [False, True])
def test_a_text_of_a_family_is_divided(name: str, shows_opening: bool) -> None:
    """Thought and answer come apart without their marks, whether the template or the model opened the thought."""
    thinking = find_format_by_name(name)
    written, thought = WRITTEN[name]
    text = thinking.opening + written if shows_opening else written
    assert thinking.divide(text, opened=not shows_opening) == DividedText(thought, "It is 4.", closed=True)
    assert read_format(text) == thinking


@pytest.mark.parametrize("thinking", MARKED, ids=lambda one: one.name)
def test_what_is_written_is_read(thinking: ThinkingFormat) -> None:
    """A thought that is closed with `ending` is read back; one that is not closed has no answer yet."""
    prompt = thinking.open("Why?\n")
    assert thinking.open(prompt) == prompt
    assert thinking.is_opened_by(prompt.rstrip())
    assert not thinking.is_opened_by("Why?\n")
    text = f"I count.\n{thinking.ending}It is 4."
    assert thinking.divide(text) == DividedText("I count.", "It is 4.", closed=True)
    assert thinking.divide("I count.") == DividedText("I count.", "", closed=False)
    assert thinking.divide("It is 4.", opened=False) == DividedText("", "It is 4.", closed=False)


def test_without_marks_all_is_the_answer() -> None:
    """The format ``none`` opens nothing and divides nothing."""
    thinking = find_format_by_name("none")
    assert thinking.open("Why?\n") == "Why?\n"
    assert not thinking.is_opened_by("Why?\n")
    assert thinking.divide("I count. It is 4.") == DividedText("", "I count. It is 4.", closed=False)
    assert read_format("I count. It is 4.<|end|>") == thinking


@pytest.mark.parametrize("thinking", MARKED, ids=lambda one: one.name)
def test_a_format_is_found_by_tokens_or_template(thinking: ThinkingFormat) -> None:
    """All marks among the added tokens, or all in the template, or in one of several templates."""
    assert find_format(Tokenizer(("<|pad|>", *thinking.marks))) == thinking
    template = "{{ messages }}" + "".join(thinking.marks)
    assert find_format(Tokenizer(chat_template=template)) == thinking
    assert find_format(Tokenizer(chat_template={"default": "{{ messages }}", "tools": template})) == thinking


def test_one_mark_is_not_enough() -> None:
    """Half of the marks of a family, as of one that shares a token, finds nothing."""
    for thinking in MARKED:
        assert find_format(Tokenizer(thinking.marks[:1])).name == "none"
    assert find_format(Tokenizer()).name == "none"


def test_an_unknown_name_is_refused() -> None:
    """The error names those that exist."""
    with pytest.raises(BadSettings, match=r"one of auto, channels, .*think, none, got 'aloud'"):
        find_format_by_name("aloud")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"opening": ""}, "opened must be closed"),
        ({"closings": "</think>"}, "list of texts"),
        ({"answer_opening": 1}, "must be a text"),
        ({"closing": "</think>"}, "must have"),
    ],
)
def test_a_wrong_row_is_named(change: dict[str, Any], reason: str) -> None:
    """A row with a missing, unknown or impossible field is refused with its number."""
    with pytest.raises(ValueError, match=f"format 1.*{reason}"):
        parse_formats({"format": [RAW["format"][0] | change]})
    with pytest.raises(ValueError, match="share a name"):
        parse_formats({"format": RAW["format"][:1] * 2})
    with pytest.raises(ValueError, match="nothing else"):
        parse_formats({"formats": []})
