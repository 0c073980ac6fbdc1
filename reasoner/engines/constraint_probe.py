"""One request that shows whether a JSON schema binds: many servers take a schema and ignore it."""

import json

from midthought.ingest.language_model import Answer, Completion, CompletionRequest, PromptMessage, Sampling

_BOUND = '{"n":7}'
_SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"n": {"type": "integer", "enum": [7]}},
        "required": ["n"],
        "additionalProperties": False,
    }
)
PROBE = CompletionRequest(
    (PromptMessage("user", "Write one short sentence about the sea."),), _SCHEMA, Sampling(0.0, 1.0, 256)
)
"""A model that is not constrained answers in words. One that thinks first has room to come to its answer."""


def shows_constraint(answer: Answer) -> bool:
    """Whether an answer to `PROBE` was bound by its schema.

    The beginning of the one object that matches is enough: under a schema small models write white space until the
    limit. Words never begin like it.
    """
    if not isinstance(answer, Completion):
        return False
    written = "".join(answer.text.split())
    return written.startswith('{"') and _BOUND.startswith(written)
