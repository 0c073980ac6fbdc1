"""What a language model answered, as the store keeps it: a finished call is never repeated."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeptCompletion:
    """An answer of a language model.

    Attributes:
        digest: content id of the model and the request.
        trajectory_id: what the request was about, stored or not yet; forgetting that deletes the answer.
        model: its name.
        text: the answer.
        finish: why it ended.
        tokens_in: of the request; `tokens_cached` of them came from the model's prefix cache.
        tokens_out: of the answer.
        seconds: what the call took.
    """

    digest: str
    trajectory_id: str
    model: str
    text: str
    finish: str
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    seconds: float
