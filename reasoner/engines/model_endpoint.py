"""Where a language model is served, and how it is asked."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from midthought.memory.errors import BadSettings
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.engines.thinking_formats import AUTO, ThinkingFormat, find_format_by_name
from midthought.retrieval.json_endpoint import EndpointAccess


class Structured(StrEnum):
    """Whether answers are constrained to a JSON schema: as one request shows, always, or never."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class ContinueBy(StrEnum):
    """How a server continues a thought: by the best way whose effect shows, or by the one of `Continuation` named."""

    AUTO = "auto"
    IDS = Continuation.IDS
    LOCAL_TEMPLATE = Continuation.LOCAL_TEMPLATE
    FINAL_MESSAGE = Continuation.FINAL_MESSAGE
    RECALL_TOOL = Continuation.RECALL_TOOL
    HINT_FIRST = Continuation.HINT_FIRST

    @property
    def wanted(self) -> Continuation | None:
        """The one way to try; None for all."""
        return None if self is ContinueBy.AUTO else Continuation(self.value)


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """A model behind an OpenAI-compatible server.

    Attributes:
        access: of the server.
        model: its name there.
        concurrency: the maximum number of requests at once.
        context: how many tokens a prompt and its answer may have together; None to ask the server.
        structured: whether schemas are sent.
        send_seed: a seeded long request ends a vLLM server on a CPU, so no seed is sent unless this says so.
        continue_by: how thoughts are continued.
        thinking: how the model marks a thought: the name of a thinking format; ``auto`` to find out.
        tokenizer: a directory with the tokeniser and the chat template of the model; None if there is none here.
    """

    access: EndpointAccess
    model: str
    concurrency: int = 8
    context: int | None = None
    structured: Structured = Structured.AUTO
    send_seed: bool = False
    continue_by: ContinueBy = ContinueBy.AUTO
    thinking: str = AUTO
    tokenizer: Path | None = None

    def __post_init__(self) -> None:
        if not (self.access.key.isascii() and self.access.key.isprintable()):
            raise BadSettings("setting 'model_key': a key must be printable ASCII text")

    @property
    def set_format(self) -> ThinkingFormat | None:
        """The thinking format that `thinking` names; None to find out. Raises `BadSettings` if there is none."""
        return None if self.thinking == AUTO else find_format_by_name(self.thinking)
