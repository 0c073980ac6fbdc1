"""Recall at the natural joints of a thought."""

import importlib.resources
import re
import tomllib
from functools import cache

from midthought.reasoner.engines.base import Token
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings
from midthought.reasoner.thought.triggers.watcher import Firing, Watcher

_KEPT = 120
"""Characters that are looked back: more than any cue has."""


class NaturalJoint(Watcher):
    """Fires where a paragraph ends, or where a sentence has opened with a cue, once enough tokens were written."""

    trigger = Trigger.BOUNDARY

    def __init__(self, settings: TriggerSettings) -> None:
        super().__init__(settings)
        self._count = 0
        self._tail = ""

    def read(self, token: Token) -> Firing | None:
        """See `Watcher.read`."""
        self._count += 1
        self._tail = (self._tail + token.text)[-_KEPT - len(token.text) :]
        if self._count < self.settings.boundary_tokens:
            return None
        # A joint that was there before this token was passed over, or recalled at.
        old = len(self._tail) - len(token.text)
        is_joint = any(found.end() > old for found in joint_pattern().finditer(self._tail))
        return Firing(self.trigger) if is_joint else None

    def restart(self) -> None:
        """See `Watcher.restart`."""
        self._count = 0


@cache
def joint_pattern() -> re.Pattern[str]:
    """Return the pattern that ends where a joint is known: behind an empty line, or one character behind a cue."""
    cues = "|".join(re.escape(cue) for cue in sorted(load_cues(), key=len, reverse=True))
    opened = r"(?:[.!?:\n][\"'\u201d\u2019)\]*]*\s+|[\u3002\uff01\uff1f\n]\s*)"
    return re.compile(rf"\n[ \t]*\n|{opened}(?:{cues})[\s,.:;!?\u2014\uff0c\u2026-]", re.IGNORECASE)


@cache
def load_cues() -> tuple[str, ...]:
    """Return the cues that ship. Raises `ValueError` if they are no list of texts."""
    file = importlib.resources.files("midthought") / "thinking" / "joints.toml"
    raw = tomllib.loads(file.read_text("utf-8"))
    cues = raw.get("cues")
    if set(raw) != {"cues"} or not isinstance(cues, list) or not all(isinstance(c, str) and c.strip() for c in cues):
        raise ValueError("joints.toml must have a list `cues` of texts, and nothing else")
    return tuple(cues)
