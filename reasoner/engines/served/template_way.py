"""A chat template outside of the chat: prompts are written by it and completed, as ids or as text."""

from pathlib import Path

from midthought.memory.errors import EngineFailed
from midthought.memory.records.control_marks import disarm_marks
from midthought.reasoner.engines.base import TokenStream
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.engines.served.chat_template import ChatTemplate
from midthought.reasoner.engines.served.completion_stream import read_completion_deltas
from midthought.reasoner.engines.served.deltas import read_usage, split_deltas
from midthought.reasoner.engines.served.id_completions import IdCompletions
from midthought.reasoner.engines.served.model_server import ModelServer, ServerRoute, first_choice
from midthought.reasoner.engines.served.opened_thoughts import TRIED_QUESTION
from midthought.reasoner.engines.served.served_format import format_by_tokens
from midthought.reasoner.engines.served.token_chances import TOP, completion_chances
from midthought.reasoner.engines.served.way import Proof, ThoughtRequest, Trial
from midthought.reasoner.engines.thinking_formats import THINK, ThinkingFormat, find_format_by_name

_SLACK = 1
"""Tokens by which a server may count otherwise: the one that begins texts."""


class TemplateWay:
    """`Continuation.LOCAL_TEMPLATE`: the template of a directory, else the server's ``/apply-template`` (llama.cpp).

    Args:
        server: where prompts are completed.
        folder: of the tokeniser; None to ask the server.
        context: how many tokens a prompt and its answer may have together; None if it is not known.
    """

    takes_sampling = True
    continuation = Continuation.LOCAL_TEMPLATE

    def __init__(self, server: ModelServer, folder: Path | None, *, context: int | None = None) -> None:
        self._server = server
        self._local = ChatTemplate(folder) if folder else None
        self._texts = self._complete_ids(self._local, context or 0) if self._local else None
        self._sends_ids = False
        self.token_ids = False
        self.log_probs = False
        self.thinking = find_format_by_name(THINK)

    def try_out(self) -> Trial:
        """See `ThoughtWay.try_out`: the server must read as many tokens as the prompt has here.

        Some services answer completions, but put the prompt into a chat.
        """
        prompt = self._write(TRIED_QUESTION)
        if prompt is None:
            return Trial(Proof.REFUSED, "no 'model_tokenizer' is set, and the server has no /apply-template")
        self.thinking = self._server.endpoint.set_format or self._find_format()
        ids = self._local.encode_whole(prompt) if self._local else self._ask_ids(prompt)
        if self._texts:
            tried = self._texts.try_out(ids)
            if tried.reads_ids:
                self._sends_ids, self.token_ids, self.log_probs = True, tried.returns_ids, tried.log_probs
                return Trial(Proof.SHOWN, "the server completes token ids that are made here")
        return self._try_text(prompt, len(ids))

    def open_thought(self, question: str) -> str:
        """See `ThoughtWay.open_thought`. Control tokens in the question lose their meaning."""
        prompt = self._write(question)
        if prompt is None:
            raise EngineFailed("the server did not put the question into its template")
        return self.thinking.open(prompt)

    def generate(self, request: ThoughtRequest) -> TokenStream:
        """See `ThoughtWay.generate`; any prompt can be continued."""
        if self._texts and self._sends_ids:
            return self._texts.generate(request)
        body = {"prompt": request.prompt, "max_tokens": request.max_tokens, **request.sampling()}
        body["stream_options"] = {"include_usage": True}
        if request.log_probs:
            body["logprobs"] = TOP
        deltas = read_completion_deltas(self._server.stream(ServerRoute.COMPLETIONS, body))
        return split_deltas(deltas, max_tokens=request.max_tokens)

    def count_tokens(self, text: str) -> int | None:
        """Return what the tokeniser counts."""
        if not text:
            return 0
        return len(self._local.encode(text) if self._local else self._ask_ids(text)) or None

    def _complete_ids(self, local: ChatTemplate, window: int) -> IdCompletions:
        return IdCompletions(
            self._server, local.encode, decode=local.decode, encode_whole=local.encode_whole, window=window
        )

    def _try_text(self, prompt: str, tokens: int) -> Trial:
        body = {"prompt": prompt, "max_tokens": 1, "temperature": 0}
        reply = self._server.ask(ServerRoute.COMPLETIONS, body | {"logprobs": TOP})
        if reply.is_refusal:
            reply = self._server.ask(ServerRoute.COMPLETIONS, body)
        if reply.is_refusal:
            return Trial(Proof.REFUSED, f"the server refuses a completion: status {reply.status}: {reply.shown}")
        self.log_probs = bool(completion_chances(first_choice(reply).get("logprobs")))
        read, _ = read_usage(reply.content.get("usage"))
        if read is None or not tokens or abs(read.tokens - tokens) > _SLACK:
            counted = "an unknown number of" if read is None else read.tokens
            return Trial(Proof.UNSHOWN, f"a prompt of {tokens} tokens was read as {counted} tokens")
        return Trial(Proof.SHOWN, "the server completes prompts as they are")

    def _find_format(self) -> ThinkingFormat:
        if self._local:
            return self._local.find_format()
        return format_by_tokens(lambda mark: len(self._ask_ids(mark)) or len(mark))

    def _write(self, question: str) -> str | None:
        if self._local:
            return self._local.write(question)
        messages = [{"role": "user", "content": disarm_marks(question)}]
        prompt = self._server.ask(ServerRoute.APPLY_TEMPLATE, {"messages": messages}).content.get("prompt")
        return prompt if isinstance(prompt, str) else None

    def _ask_ids(self, text: str) -> list[int]:
        """Return the ids that llama.cpp makes of a text; none if it does not say."""
        body = {"content": text, "add_special": False, "parse_special": True}
        ids = self._server.ask(ServerRoute.TOKENIZE, body).content.get("tokens")
        return ids if isinstance(ids, list) else []
