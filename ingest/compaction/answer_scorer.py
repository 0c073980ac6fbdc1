"""The model that judges steps by the answer, as compaction needs it: a protocol that an engine implements."""

from typing import Protocol


class AnswerScorer(Protocol):
    """Says how probable a text is after another. The same texts must give the same number."""

    @property
    def name(self) -> str:
        """The engine and the model, as ``transformers:SmolLM2-135M-Instruct``: other scorers keep other steps."""
        ...

    def nll(self, prefix: str, continuation: str) -> float:
        """Return the mean negative log-likelihood of the tokens of `continuation` after `prefix`, in nats per token.

        A prefix that does not fit the window of the model loses its beginning. Consecutive calls often share the
        beginning of the prefix. Raises `ValueError` for a continuation without a token.
        """
        ...
