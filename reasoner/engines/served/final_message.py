"""The server continues the last message of a chat: ``continue_final_message`` (vLLM, SGLang)."""

from midthought.reasoner.engines.base import TokenStream
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.engines.served.chat_calls import Message, first_message
from midthought.reasoner.engines.served.chat_stream import ChatText
from midthought.reasoner.engines.served.chat_way import ChatWay
from midthought.reasoner.engines.served.deltas import read_usage, split_deltas
from midthought.reasoner.engines.served.model_server import Reply
from midthought.reasoner.engines.served.opened_thoughts import TRIED_QUESTION
from midthought.reasoner.engines.served.way import Proof, ThoughtRequest, Trial

_CONTINUE = {"add_generation_prompt": False, "continue_final_message": True}
_ALWAYS = {
    "skip_special_tokens": False,  # the marks of a thought may be special
    # What the prompt cost is told with the first token too: a thought that is broken off has no last one.
    "stream_options": {"include_usage": True, "continuous_usage_stats": True},
}
_TRIED = "I add 2 and"


class FinalMessageWay(ChatWay):
    """`Continuation.FINAL_MESSAGE`: the thought so far is the last message, and the reply holds only new text."""

    continuation = Continuation.FINAL_MESSAGE

    def try_out(self) -> Trial:
        """See `ThoughtWay.try_out`.

        Servers accept fields that they do not know. One that continues reads fewer tokens than without the fields: the
        turn is not closed, and no other begins.
        """
        plain = self._calls.try_out(_messages(TRIED_QUESTION, "")[:1])
        self._learn_format(plain)
        messages = _messages(TRIED_QUESTION, self.thinking.opening + _TRIED)
        continued = self._calls.try_out(messages, **_CONTINUE)
        if continued.is_refusal:
            return Trial(Proof.REFUSED, f"the server refuses it: status {continued.status}: {continued.shown}")
        role = first_message(continued).get("role")
        if role != "assistant":
            return Trial(Proof.REFUSED, f"the reply has the role {role!r}")
        before, after = _prompt_tokens(self._calls.try_out(messages)), _prompt_tokens(continued)
        if before is None or after is None or after >= before:
            return Trial(Proof.UNSHOWN, f"the prompt had {after} tokens with continue_final_message, {before} without")
        return Trial(Proof.SHOWN, "the server left the last message open")

    def generate(self, request: ThoughtRequest) -> TokenStream:
        """See `ThoughtWay.generate`. Raises `ValueError` for a prompt that was not opened here."""
        question, thought = self._opened.read(request.prompt)
        text = ChatText(self.thinking, is_open=not any(end in thought for end in self.thinking.closings), head=None)
        written = self.thinking.opening + thought
        # An empty message cannot be continued; without one the server begins it.
        messages = _messages(question, written) if written.strip() else _messages(question, "")[:1]
        fields = {**_ALWAYS, **(_CONTINUE if written.strip() else {})}
        return split_deltas(self._calls.follow(request, messages, text, **fields), max_tokens=request.max_tokens)


def _messages(question: str, thought: str) -> list[Message]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": thought}]


def _prompt_tokens(reply: Reply) -> int | None:
    read, _ = read_usage(reply.content.get("usage"))
    return read.tokens if read else None
