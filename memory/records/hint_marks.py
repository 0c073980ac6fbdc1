"""The words that in-thought recall writes into a thought: what is between them is no thought of the model.

`reasoner` writes them, and `ingest` must not learn from what stands there: both are above this folder.
"""

from dataclasses import dataclass


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
