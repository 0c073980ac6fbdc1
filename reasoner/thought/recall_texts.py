"""The texts around a recall inside or before a thought, from ``data/prompts/recalls.toml``."""

import importlib.resources
import tomllib
from dataclasses import dataclass, fields
from functools import cache


@dataclass(frozen=True, slots=True)
class RecallTexts:
    """What is written where a recall happens.

    Attributes:
        opening: in the middle of a thought; the model continues it with its query. Ends in a colon.
        interim: where the thought was about to end; the model continues it with its answer so far. Ends in a colon.
        tag: added to the question: how the model asks by marks, which replace ``{open}`` and ``{close}``.
        nothing: answers a question of the model that nothing was found for.
        imported: the words that open a hint of the trust `Trust.IMPORTED`: it is data from elsewhere, and not verified.
        flagged: the same of an entry that looks like instructions: it is data.
        cut: stands behind the beginning of an entry that is too long for a hint.
        trace: stands before a part of a trace, or a rewritten one, inside the marks of a hint.
    """

    opening: str
    interim: str
    tag: str
    nothing: str
    imported: str
    flagged: str
    cut: str
    trace: str

    def __post_init__(self) -> None:
        for name in ("opening", "interim"):
            if not getattr(self, name).endswith(":"):
                raise ValueError(f"{name} must end in a colon, got {getattr(self, name)[-20:]!r}")
        for blank in ("{open}", "{close}", "{recalls}"):
            if blank not in self.tag:
                raise ValueError(f"tag must have {blank}, got {self.tag!r}")


@cache
def load_recall_texts() -> RecallTexts:
    """Return the texts that ship. Raises `ValueError` if one is missing, empty or unknown."""
    file = importlib.resources.files("midthought") / "prompts" / "recalls.toml"
    raw = tomllib.loads(file.read_text("utf-8"))
    names = {one.name for one in fields(RecallTexts)}
    if set(raw) != names or not all(isinstance(text, str) and text.strip() for text in raw.values()):
        raise ValueError(f"recalls.toml must have the texts {', '.join(sorted(names))}, got {', '.join(sorted(raw))}")
    return RecallTexts(**raw)
