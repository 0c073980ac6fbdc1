"""The triggers by name: what the setting `trigger` may say. A new trigger is one file, one row and one line of docs."""

from collections.abc import Sequence
from functools import partial

from midthought.memory.registry import Choice, ClassRow, Registry

_FOLDER = "midthought.reasoner.thought.triggers"


class Trigger(ClassRow):
    """When recall happens. All but `START` and `NEVER` have a class that watches the thought while it is written."""

    START = ("start", "once, at the very start of thinking, as published")
    BOUNDARY = (
        "boundary",
        "at a natural joint: the end of a paragraph, or a sentence that opens with a word such as 'wait'",
        f"{_FOLDER}.boundary",
        "NaturalJoint",
    )
    STOP = (
        "stop",
        "when the model is about to end its thought: for the question and the answer it has by then",
        f"{_FOLDER}.stop",
        "BeforeStop",
    )
    EVERY = ("every", "after every N tokens", f"{_FOLDER}.every", "EveryTokens")
    TAG = ("tag", "when the model asks, between two marks or by a tool", f"{_FOLDER}.tag", "TaggedQuery")
    UNCERTAINTY = (
        "uncertainty",
        "when the mean entropy of the last tokens is above a bound",
        f"{_FOLDER}.uncertainty",
        "Uncertainty",
    )
    REPETITION = ("repetition", "when the thought repeats the same words", f"{_FOLDER}.repetition", "Repetition")
    NEVER = ("never", "not at all: the same samples without a memory, to compare with")

    @property
    def watches(self) -> bool:
        """Whether it recalls in the middle of a thought."""
        return self.has_class


TRIGGERS: "Registry[Trigger]" = Registry(
    "trigger", *(Choice(one.value, one.summary, partial(Trigger, one.value)) for one in Trigger)
)


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a text that has commas between them.

    >>> split_names("start, stop")
    ('start', 'stop')
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


def read_triggers(names: Sequence[str]) -> tuple[Trigger, ...]:
    """Return the triggers of these names. Raises `ValueError` for none, one twice, an unknown one, `never` with others.

    >>> read_triggers(["start", "stop"])[1].value
    'stop'
    """
    if isinstance(names, str):
        raise ValueError(f"triggers must be a tuple of names such as ('start',), got {names!r}")
    unknown = [name for name in names if name not in TRIGGERS]
    if unknown:
        raise ValueError(f"triggers must be of {', '.join(TRIGGERS)}, got {unknown[0]!r}")
    found = tuple(Trigger(name) for name in names)
    if not found or len(set(found)) < len(found):
        raise ValueError(f"triggers must be at least one, and each once, got {list(names)}")
    if Trigger.NEVER in found and len(found) > 1:
        raise ValueError(f"triggers must be 'never' alone, or others, got {list(names)}")
    return found
