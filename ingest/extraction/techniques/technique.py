"""One technique: what recognises it in a passage, and how it is worded once it has been recognised."""

import re
from dataclasses import dataclass

RELATION = r"=|≈|\\approx|\\equiv|\\boxed"


def both(first: str, other: str) -> str:
    """Return a pattern that asks for a pair of patterns, in any order."""
    return rf"(?s)\A(?=.*(?:{first}))(?=.*(?:{other}))"


@dataclass(frozen=True, slots=True)
class Technique:
    """A named way of working, with its evidence and its wording (no digits, letters or names of any one problem).

    Attributes:
        name: a short key, unique in the table.
        domain: the field it belongs to.
        step: what it does, as an imperative clause that can stand in a list of steps.
        ask: the general question it answers.
        where: the problems it applies to.
        method: how to do it, in whole sentences.
        pitfall: what goes wrong most often; may be empty.
        cues: lower-case phrases of which one must stand in the text.
        work: what must be found near the cue to show that it was carried out, as a pattern on lower-case text.
        rank: 3 for a technique that says much about a problem, 1 for a routine step, 0 for a habit of careful work.
    """

    name: str
    domain: str
    step: str
    ask: str
    where: str
    method: str
    cues: tuple[str, ...]
    work: str = RELATION
    pitfall: str = ""
    rank: int = 2

    def is_carried_out(self, passage: str) -> bool:
        """Say whether a passage (lower case) shows the work, not just the mention."""
        return re.search(self.work, passage) is not None
