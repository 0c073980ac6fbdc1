"""What an engine can do, as data: asked of it, never guessed from a model's name."""

from dataclasses import dataclass
from enum import StrEnum


class Continuation(StrEnum):
    """How an engine goes on with a thought that has begun; the first that it has is the best."""

    IDS = "ids"
    """The tokens so far are sent again as they were: nothing is read twice, nothing is split another way."""
    LOCAL_TEMPLATE = "local-template"
    """The server completes a text that was put into the model's chat template outside of a chat."""
    FINAL_MESSAGE = "final-message"
    """The server continues the last message of a chat."""
    RECALL_TOOL = "recall-tool"
    """It cannot be continued; it asks for a recall by a tool between two thoughts."""
    HINT_FIRST = "hint-first"
    """It cannot be continued: a hint stands before the thought, in the question."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do.

    Attributes:
        continuation: how it goes on with a thought.
        token_ids: every `Token` has its id.
        log_probs: `generate` takes ``log_probs=True``.
        prefix_cache: a beginning that was read before costs next to nothing; None if the server does not say.
        spans: `generate` takes `spans`.
        entries: `generate` takes `entries`: recalled entries are then in the cache, instead of hints in the text.
        zoom: the setting `kv` has an effect.
        parallel: the maximum number of continuations that gain by running at once; 1 for none.
    """

    continuation: Continuation = Continuation.LOCAL_TEMPLATE
    token_ids: bool = False
    log_probs: bool = False
    prefix_cache: bool | None = False
    spans: bool = False
    entries: bool = False
    zoom: bool = False
    parallel: int = 1

    @property
    def continues(self) -> bool:
        """Whether text can be put into a running thought."""
        return self.continuation not in (Continuation.RECALL_TOOL, Continuation.HINT_FIRST)

    def describe(self) -> str:
        """Return them in one line."""
        able = {
            "token ids": self.token_ids,
            "log-probs": self.log_probs,
            "prefix cache": self.prefix_cache,
            "spans": self.spans,
            "entries in the cache": self.entries,
            "zoom": self.zoom,
        }
        has = [name for name, value in able.items() if value]
        has += ["prefix cache unknown"] if self.prefix_cache is None else []
        return f"continues by {self.continuation}; {', '.join(has) or 'nothing else'}; {self.parallel} at once"
