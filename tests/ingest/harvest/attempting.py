"""A model that attempts tasks as a test plans it, and decomposes what it is shown."""

import json
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.decomposition.model_calls import Budget
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.language_model import Answer, Completion, CompletionRequest, Finish
from midthought.memory.errors import EngineFailed
from midthought.retrieval.encoders.hashing import HashingEncoder

SUBQUESTION = "How do I find the total when every kind of thing has its own number of parts?"
SUBROUTINE = (
    "For problems like this I should first list every kind of thing that the problem names. For each kind I write down "
    "how many parts one of them has, and multiply that by how many of them there are. Then I add up the products, one "
    "kind after the other. I check that no kind was left out or counted twice, and that the parts of each kind are "
    "those that were asked for and not others. A kind without any such parts adds nothing, and it is easily given a "
    "part by mistake."
)
PASSAGE = "I multiply the parts of one by how many there are, and add the products."


class Attempting:
    """Says the planned answer to a task, and words one procedure for each trace.

    Args:
        answers: by what stands in a question, what the samples say: in turn, by the seed of the request.
        log: a file that gets a line for each answer, before it is given.
        kill_at: the process is killed when it has written so many lines.

    Attributes:
        requests: all that it was asked.
        refusals: so many requests are refused, the next ones.
    """

    def __init__(self, answers: dict[str, Sequence[str]], *, log: Path | None = None, kill_at: int = 0) -> None:
        self._answers = answers
        self._log = log
        self._kill_at = kill_at
        self.requests: list[CompletionRequest] = []
        self.refusals = 0

    name = "attempting"
    context_tokens = None
    can_constrain = False

    def count_tokens(self, text: str) -> int:
        """Words."""
        return len(text.split())

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Answer one request after the other."""
        for place, request in enumerate(requests):
            if self._kill_at and len(self.requests) == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.requests.append(request)
            self._note(request)
            yield place, self._answer(request)

    def _note(self, request: CompletionRequest) -> None:
        if self._log is not None:
            with self._log.open("a") as file:
                file.write(json.dumps(request.digest(self.name)) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def _answer(self, request: CompletionRequest) -> Answer:
        if self.refusals:
            self.refusals -= 1
            return EngineFailed("the request was refused")
        prompt = request.messages[1].text  # before what asks again after an answer that could not be used
        if "### Subquestions" in prompt:
            return self._say(f"### Subquestions\n1. {SUBQUESTION}")
        if "### Applicable Problems" in prompt:
            parts = [
                "### Applicable Problems",
                "Sums over kinds.",
                "### Hint",
                SUBROUTINE,
                "### Passages",
                f"> {PASSAGE}",
            ]
            return self._say("\n".join(parts))
        task = prompt.partition("<problem>")[2]  # hints stand before it
        said = next(said for text, said in self._answers.items() if text in task)
        return self._say(said[(request.sampling.seed or 0) % len(said)])

    def _say(self, text: str) -> Completion:
        finish = Finish.LENGTH if text.endswith("...") else Finish.STOP
        return Completion(text, finish, 100, 10, 40)


def thinks(answer: str, *, way: str = PASSAGE) -> str:
    """An attempt with a thought."""
    thought = f"How do I get the total? {way} So the total is {answer}."
    return f"<think>\n{thought}\n</think>\n\nThe products add up to the total.\n<answer>{answer}</answer>"


def opened(folder: Path, model: Attempting, *, budget: Budget | None = None) -> Memory:
    """A memory that learns with a model."""
    asked = DecompositionOptions(model, budget=budget) if budget else DecompositionOptions(model)
    return open_memory(folder, encoder=HashingEncoder(), starter=False, decomposition=asked)
