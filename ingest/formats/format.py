"""The formats that a record can have, one row each: settings, the docs and the contract tests read the rows."""

import importlib
from collections.abc import Callable
from enum import StrEnum

from midthought.memory.records.trajectory import Trajectory

Parser = Callable[[dict[str, object]], tuple[Trajectory, ...]]
FitCheck = Callable[[dict[str, object]], bool]

_FORMATS = "midthought.ingest.formats"


class Format(StrEnum):
    """A format is one row here (its name, what a record is, its module, its fields) and functions in that module.

    ``parse_`` and the name of the format reads a record. If there is also ``is_`` and the name, it says whether a
    record that has one of the telling fields is of the format; without it, the field alone decides.

    `AUTO` decides for each JSON record: the first format that it fits, in this order.
    """

    summary: str
    telling_fields: tuple[str, ...]
    is_json: bool
    """Whether a record of this format is a JSON object."""
    _module: str

    def __new__(cls, name: str, summary: str = "", module: str = "", telling_fields: tuple[str, ...] = ()) -> "Format":
        """Keep a row: the name is the value. The defaults allow `Format(name)`, which looks a row up."""
        row = str.__new__(cls, name)
        row._value_, row.summary, row._module, row.telling_fields = name, summary, module, telling_fields
        row.is_json = bool(module)
        return row

    AUTO = "auto", "each record by its fields"
    OWN = "own", "Midthought's own fields", f"{_FORMATS}.own", ("thought",)
    INSPECT = "inspect", "a sample of an Inspect log", f"{_FORMATS}.inspect_sample", ("scores", "epoch")
    LM_EVAL = "lm_eval", "a sample of lm-evaluation-harness", f"{_FORMATS}.lm_eval", ("resps", "filtered_resps")
    NOTEBOOK = "notebook", "a Jupyter notebook", f"{_FORMATS}.notebook", ("cells",)
    SWE_AGENT = "swe_agent", "a run of SWE-agent", f"{_FORMATS}.swe_agent", ("trajectory",)
    OPENHANDS = "openhands", "the events of an OpenHands run", f"{_FORMATS}.openhands", ("history",)
    ATTEMPTS = (
        "attempts",
        "a question with several attempts",
        f"{_FORMATS}.attempts",
        ("generations", "responses", "completions", "attempts"),
    )
    REASONING = (
        "reasoning",
        "question, reasoning and answer in fields of other names",
        f"{_FORMATS}.reasoning",
        (
            "thinking_trajectories",
            "deepseek_thinking_trajectory",
            "gemini_thinking_trajectory",
            "deepseek_reasoning",
            "reasoning_content",
            "reasoning",
            "rationale",
            "chain_of_thought",
        ),
    )
    RESPONSES = "responses", "a response of OpenAI's Responses API", f"{_FORMATS}.responses", ("output",)
    SHAREGPT = "sharegpt", "ShareGPT conversations", f"{_FORMATS}.sharegpt", ("conversations", "conversation")
    AGENT = (
        "agent",
        "messages with tool calls or without a thought",
        f"{_FORMATS}.agent",
        ("messages", "traj", "trajectory"),
    )
    CHAT = "chat", "chat messages, or a server's response", f"{_FORMATS}.chat", ("messages", "choices", "content")
    TRACE = "trace", "a line of an evaluation log", f"{_FORMATS}.marked", ("trace",)
    REACT = (
        "react",
        "text with Thought, Action and Observation",
        f"{_FORMATS}.react",
        ("trajectory", "scratchpad", "response", "completion", "output", "generation", "text"),
    )
    SOLUTION = "solution", "a written-out solution without a thought", f"{_FORMATS}.solution", ("solution", "answer")
    R1 = (
        "r1",
        "a question and a model's whole output",
        f"{_FORMATS}.marked",
        (
            "response",
            "completion",
            "output",
            "generation",
            "generated_solution",
            "llm_response",
            "model_output",
            "text",
        ),
    )
    REQUEST_LOG = "request_log", "a request to a server and its response", f"{_FORMATS}.request_log"
    """It has no telling fields, so that no log is read unless it is asked for by this name."""
    TEXT = "text", "a plain-text document"

    def load_parser(self) -> Parser:
        """Import the format's module and return the function that reads a record."""
        parser: Parser = getattr(importlib.import_module(self._module), f"parse_{self}")
        return parser

    def load_check(self) -> FitCheck:
        """Import the format's module and return the function that recognises a record."""
        check: FitCheck = getattr(importlib.import_module(self._module), f"is_{self}", _has_fields)
        return check


def _has_fields(record: dict[str, object]) -> bool:
    return True
