"""The words that in-thought recall writes into a thought: what is between them is no thought of the model.

`reasoner` writes them, and `ingest` must not learn from what stands there: both are above this folder.
"""

import importlib.resources
import tomllib
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class HintMarks:
    """The marks and fixed sentences around what a memory puts into a thought.

    Attributes:
        begin: the mark before a hint.
        end: the mark after it.
        lead_in: the words that open every hint.
        opening: the sentence that opens a thought with recall.
    """

    begin: str = "[recalled hint]"
    end: str = "[end of hint]"
    lead_in: str = "This is a way to solve a related question,"
    opening: str = (
        "I do not start right away. First I search my memory for a basic problem of the same kind, "
        "asked as a general question in plain words:"
    )


DEFAULT_HINT_MARKS = HintMarks()


@cache
def read_data_lead_ins() -> tuple[str, ...]:
    """Return the words that open a hint which is introduced as data: of an imported entry, and of a flagged one."""
    file = importlib.resources.files("midthought") / "prompts" / "recalls.toml"
    texts = tomllib.loads(file.read_text("utf-8"))
    return texts["imported"], texts["flagged"]
