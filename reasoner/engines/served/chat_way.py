"""What the ways that think by a chat share: the calls, the opened prompts, and how the model marks a thought."""

from midthought.reasoner.engines.served.chat_calls import ChatCalls, first_message
from midthought.reasoner.engines.served.model_server import ModelServer, Reply
from midthought.reasoner.engines.served.opened_thoughts import OpenedThoughts
from midthought.reasoner.engines.served.served_format import format_by_answer
from midthought.reasoner.engines.thinking_formats import THINK, find_format_by_name


class ChatWay:
    """Base of the ways whose requests are chats; see `ThoughtWay` for what each property says."""

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

    def open_thought(self, question: str) -> str:
        """See `ThoughtWay.open_thought`."""
        return self._opened.open(question, self.thinking)

    def count_tokens(self, text: str) -> None:
        """None: a chat counts whole prompts."""
        return

    def _learn_format(self, reply: Reply) -> None:
        """Take the format that is set, else the one that an answer shows."""
        self.thinking = self._server.endpoint.set_format or format_by_answer(first_message(reply))
