"""Prompts for a chat: what stands in a prompt that a chat cannot be sent as, and the messages it means."""

from collections import OrderedDict
from threading import Lock

from midthought.memory.records.control_marks import disarm_marks
from midthought.reasoner.engines.thinking_formats import ThinkingFormat

TRIED_QUESTION = "What is the sum of 2 and 2?"
"""Asked to try a server out."""
_MAX_OPENED = 10_000


class OpenedThoughts:
    """The last 10,000 questions of a chat, by the prompt that stands for each. Threads may share it.

    A chat has no text, so its prompt is one that can be read: the question, and the opened channel.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._questions: OrderedDict[str, str] = OrderedDict()

    def open(self, question: str, thinking: ThinkingFormat) -> str:
        """Return the prompt of a question. Control tokens in it lose their meaning."""
        asked = disarm_marks(question)
        prompt = thinking.open(f"user: {asked}\n\nassistant: ")
        with self._lock:
            self._questions[prompt] = asked
            self._questions.move_to_end(prompt)
            if len(self._questions) > _MAX_OPENED:
                self._questions.popitem(last=False)
        return prompt

    def read(self, prompt: str) -> tuple[str, str]:
        """Return the question of a prompt, and the thought that stands behind its opened channel.

        Raises `ValueError` if no prompt that `open` returned is its beginning.
        """
        with self._lock:
            opened = max((one for one in self._questions if prompt.startswith(one)), key=len, default=None)
            if opened is None:
                raise ValueError("a chat continues only a prompt that begins as open_thought returned it")
            self._questions.move_to_end(opened)
            return self._questions[opened], prompt[len(opened) :]
