"""The last way: a thought begins and ends in one request, so a hint can only stand in the question."""

from midthought.reasoner.engines.base import TokenStream
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.engines.served.chat_stream import ChatText
from midthought.reasoner.engines.served.chat_way import ChatWay
from midthought.reasoner.engines.served.deltas import split_deltas
from midthought.reasoner.engines.served.opened_thoughts import TRIED_QUESTION
from midthought.reasoner.engines.served.way import Proof, ThoughtRequest, Trial


class HintFirstWay(ChatWay):
    """`Continuation.HINT_FIRST`: any chat."""

    continuation = Continuation.HINT_FIRST

    def try_out(self) -> Trial:
        """See `ThoughtWay.try_out`."""
        reply = self._calls.try_out([{"role": "user", "content": TRIED_QUESTION}])
        if reply.is_refusal:
            return Trial(Proof.REFUSED, f"the server refuses a chat: status {reply.status}: {reply.shown}")
        self._learn_format(reply)
        return Trial(Proof.SHOWN, "the server answers a chat")

    def generate(self, request: ThoughtRequest) -> TokenStream:
        """See `ThoughtWay.generate`. Raises `ValueError` for any other prompt than `open_thought` returned."""
        question, thought = self._opened.read(request.prompt)
        if thought:
            raise ValueError("this server cannot continue a thought: put the hint into the question")
        messages = [{"role": "user", "content": question}]
        deltas = self._calls.follow(request, messages, ChatText(self.thinking, is_open=True))
        return split_deltas(deltas, max_tokens=request.max_tokens)
