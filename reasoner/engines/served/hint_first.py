"""The last way: a thought begins and ends in one request, so a hint can only stand in the question."""

from midthought.reasoner.engines.base import TokenStream
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.engines.served.chat_calls import ChatCalls, first_message
from midthought.reasoner.engines.served.chat_stream import ChatText
from midthought.reasoner.engines.served.deltas import split_deltas
from midthought.reasoner.engines.served.model_server import ModelServer
from midthought.reasoner.engines.served.opened_thoughts import TRIED_QUESTION, OpenedThoughts
from midthought.reasoner.engines.served.served_format import format_by_answer
from midthought.reasoner.engines.served.way import Proof, ThoughtRequest, Trial
from midthought.reasoner.engines.thinking_formats import THINK, find_format_by_name


class HintFirstWay:
    """`Continuation.HINT_FIRST`: any chat."""

    continuation = Continuation.HINT_FIRST
    token_ids = False

    def __init__(self, server: ModelServer) -> None:
        self._calls = ChatCalls(server)
        self._opened = OpenedThoughts()
        self._server = server
        self.thinking = find_format_by_name(THINK)

    @property
    def log_probs(self) -> bool:
        """See `ThoughtWay.log_probs`."""
        return self._calls.log_probs

    @property
    def takes_sampling(self) -> bool:
        """See `ThoughtWay.takes_sampling`."""
        return self._calls.takes_sampling

    def try_out(self) -> Trial:
        """See `ThoughtWay.try_out`."""
        reply = self._calls.try_out([{"role": "user", "content": TRIED_QUESTION}])
        if reply.is_refusal:
            return Trial(Proof.REFUSED, f"the server refuses a chat: status {reply.status}: {reply.shown}")
        self.thinking = self._server.endpoint.set_format or format_by_answer(first_message(reply))
        return Trial(Proof.SHOWN, "the server answers a chat")

    def open_thought(self, question: str) -> str:
        """See `ThoughtWay.open_thought`."""
        return self._opened.open(question, self.thinking)

    def generate(self, request: ThoughtRequest) -> TokenStream:
        """See `ThoughtWay.generate`. Raises `ValueError` for any other prompt than `open_thought` returned."""
        question, thought = self._opened.read(request.prompt)
        if thought:
            raise ValueError("this server cannot continue a thought: put the hint into the question")
        messages = [{"role": "user", "content": question}]
        deltas = self._calls.follow(request, messages, ChatText(self.thinking, is_open=True))
        return split_deltas(deltas, max_tokens=request.max_tokens)

    def count_tokens(self, text: str) -> None:
        """None: a chat counts whole prompts."""
        return
