"""The best way: the server's own template and tokeniser give ids, and ids are completed (vLLM)."""

from midthought.memory.errors import EngineFailed
from midthought.memory.records.control_marks import disarm_marks
from midthought.reasoner.engines.base import TokenStream
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.engines.known_ids import are_token_ids
from midthought.reasoner.engines.served.id_completions import IdCompletions
from midthought.reasoner.engines.served.model_server import ModelServer, Reply, ServerRoute
from midthought.reasoner.engines.served.opened_thoughts import TRIED_QUESTION
from midthought.reasoner.engines.served.served_format import format_by_tokens
from midthought.reasoner.engines.served.way import Proof, ThoughtRequest, Trial
from midthought.reasoner.engines.thinking_formats import THINK, find_format_by_name


class IdsWay:
    """`Continuation.IDS`: ``/tokenize`` with messages, then ``/v1/completions`` with ids."""

    takes_sampling = True
    continuation = Continuation.IDS
    token_ids = True

    def __init__(self, server: ModelServer, *, context: int | None = None) -> None:
        self._server = server
        self._context = context
        self._texts = IdCompletions(
            server, self._encode, decode=self._decode, encode_whole=self._encode_whole, window=context or 0
        )
        self.log_probs = False
        self.thinking = find_format_by_name(THINK)

    def try_out(self) -> Trial:
        """See `ThoughtWay.try_out`: the server must return the ids that it was given and the one that it wrote."""
        reply = self._tokenize_chat(TRIED_QUESTION)
        ids = _ids_in(reply)
        if not ids:
            return Trial(Proof.REFUSED, f"/tokenize does not take messages (status {reply.status})")
        self._learn_window(reply)
        if self._detokenize(ids) is None:
            return Trial(Proof.REFUSED, "/detokenize gives no text")
        tried = self._texts.try_out(ids)
        self.log_probs = tried.log_probs
        if not tried.reads_ids:
            return Trial(Proof.REFUSED, f"/v1/completions does not take token ids: {tried.reason}")
        if not tried.returns_ids:
            return Trial(Proof.REFUSED, "/v1/completions does not return token ids")
        self.thinking = self._server.endpoint.set_format or format_by_tokens(self.count_tokens)
        return Trial(Proof.SHOWN, "the server returned the token ids that it read and wrote")

    def open_thought(self, question: str) -> str:
        """See `ThoughtWay.open_thought`. Control tokens in the question lose their meaning."""
        reply = self._tokenize_chat(disarm_marks(question))
        ids = _ids_in(reply)
        text = self._detokenize(ids) if ids else None
        if text is None:
            raise EngineFailed(f"the server did not put the question into its template: {reply.shown}")
        prompt = self.thinking.open(text)
        if prompt != text:
            ids = [*ids, *self._texts.encode_behind(ids, prompt[len(text) :])]
        self._texts.remember(prompt, ids)
        return prompt

    def generate(self, request: ThoughtRequest) -> TokenStream:
        """See `ThoughtWay.generate`; any prompt can be continued."""
        return self._texts.generate(request)

    def count_tokens(self, text: str) -> int:
        """Return what the server counts."""
        return len(self._encode(text)) if text else 0

    def _tokenize_chat(self, question: str) -> Reply:
        messages = [{"role": "user", "content": question}]
        return self._server.ask(ServerRoute.TOKENIZE, {"messages": messages, "add_generation_prompt": True})

    def _encode(self, text: str) -> list[int]:
        return self._tokenize(text, special=False)

    def _encode_whole(self, text: str) -> list[int]:
        """Tokenise a text that begins a prompt: with a token that begins texts, if the model has one, but not two."""
        bare, begun = (self._tokenize(text, special=special) for special in (False, True))
        return bare if bare[:1] == begun[:1] else begun

    def _tokenize(self, text: str, *, special: bool) -> list[int]:
        reply = self._server.ask(ServerRoute.TOKENIZE, {"prompt": text, "add_special_tokens": special})
        if reply.is_refusal or not isinstance(reply.content.get("tokens"), list):
            raise EngineFailed(f"the server did not tokenise a text: {reply.shown}")
        return _ids_in(reply)

    def _decode(self, ids: list[int]) -> str:
        text = self._detokenize(ids)
        if text is None:
            raise EngineFailed("the server did not turn token ids into text")
        return text

    def _detokenize(self, ids: list[int]) -> str | None:
        text = self._server.ask(ServerRoute.DETOKENIZE, {"tokens": ids}).content.get("prompt")
        return text if isinstance(text, str) else None

    def _learn_window(self, reply: Reply) -> None:
        window = reply.content.get("max_model_len")
        if not self._context and isinstance(window, int) and window > 0:
            self._texts.window = window


def _ids_in(reply: Reply) -> list[int]:
    ids = reply.content.get("tokens")
    return ids if not reply.is_refusal and are_token_ids(ids) else []
