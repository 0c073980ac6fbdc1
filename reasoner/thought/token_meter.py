"""Counts what one call of an engine reads and writes."""

from midthought.reasoner.engines.base import PromptRead, Token
from midthought.reasoner.thought.receipts import RunTurn


class TokenMeter:
    """Counts the tokens of one continuation.

    Attributes:
        tokens: how many there were so far.
        text: of these tokens.
        read: what reading the prompt cost; zero while the engine has not said it.
    """

    def __init__(self) -> None:
        self.tokens = 0
        self.text = ""
        self.read = PromptRead(0)

    def count(self, token: Token) -> None:
        """Count one more token."""
        self.tokens += 1
        self.text += token.text
        self.read = token.read or self.read

    def turn(self, name: str) -> RunTurn:
        """Return the record of the call so far."""
        return RunTurn(name, self.tokens, self.read.tokens, self.read.cached)
