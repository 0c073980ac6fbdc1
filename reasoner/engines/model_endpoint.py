"""Where a language model is served, and how it is asked."""

from dataclasses import dataclass
from enum import StrEnum

from midthought.memory.errors import BadSettings
from midthought.retrieval.json_endpoint import EndpointAccess


class Structured(StrEnum):
    """Whether answers are constrained to a JSON schema: as one request shows, always, or never."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


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
    """

    access: EndpointAccess
    model: str
    concurrency: int = 8
    context: int | None = None
    structured: Structured = Structured.AUTO
    send_seed: bool = False

    def __post_init__(self) -> None:
        if not (self.access.key.isascii() and self.access.key.isprintable()):
            raise BadSettings("setting 'model_key': a key must be printable ASCII text")
