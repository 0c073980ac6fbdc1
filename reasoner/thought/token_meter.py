"""Counts what one call of an engine reads and writes."""

from midthought.reasoner.engines.base import PromptRead, TokenStream
from midthought.reasoner.thought.receipts import RunTurn


class TokenMeter:
    """Passes the tokens of one call on and counts them; closing the stream stops the model.

    Attributes:
        tokens: drawn from the engine so far.
        text: of these tokens.
        read: what reading the prompt cost; zero while the engine has not said it.
    """

    def __init__(self, tokens: TokenStream) -> None:
        self._tokens = tokens
        self.tokens = 0
        self.text = ""
        self.read = PromptRead(0)

    def stream(self) -> TokenStream:
        """Yield the tokens."""
        try:
            for token in self._tokens:
                self.tokens += 1
                self.text += token.text
                self.read = token.read or self.read
                yield token
        finally:
            self._tokens.close()

    def turn(self, name: str) -> RunTurn:
        """Return the record of the call so far."""
        return RunTurn(name, self.tokens, self.read.tokens, self.read.cached)
