"""An engine that recites: canned answers chosen by the prompt. For tests, yours and ours."""

import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

from midthought.ingest.language_model import Answer, Completion, CompletionRequest, Finish
from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.base import BranchStream, RecallCallback, Token, TokenStream
from midthought.reasoner.engines.branch_streams import check_seeds, take_turns
from midthought.reasoner.engines.capabilities import Capabilities
from midthought.reasoner.engines.stop_strings import cut_at_stop
from midthought.reasoner.engines.thinking_formats import THINK, ThinkingFormat, find_format_by_name
from midthought.reasoner.recalled_entries import RecalledEntries
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts

_WORD = re.compile(r"\s*\S+|\s+")
_SHOWN = 200
_DEMO_QUERY = "How do I count arrangements when some of the items repeat?"
_DEMO_THOUGHT = (
    "I follow the hint step by step and check a small case.\n</think>\nThis engine recites. Final answer: 42"
)


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """What to say to the prompts that `when` accepts.

    Attributes:
        when: looks at the whole prompt.
        answers: at temperature 0 the first is said, otherwise number ``seed % len(answers)``.
    """

    when: Callable[[str], bool]
    answers: tuple[str, ...]

    def __post_init__(self) -> None:
        if isinstance(self.answers, str) or not self.answers:
            raise ValueError(f"answers must be a tuple of at least one string, got {self.answers!r}")


def prompt_contains(text: str) -> Callable[[str], bool]:
    """Return a predicate for prompts that contain `text`."""
    return lambda prompt: text in prompt


def prompt_ends(text: str) -> Callable[[str], bool]:
    """Return a predicate for prompts that end in `text`."""
    return lambda prompt: prompt.endswith(text)


class ScriptedEngine:
    """Answers with the first reply that accepts the prompt; a token is a word with the space before it.

    >>> engine = ScriptedEngine([ScriptedReply(prompt_contains("2 + 2"), ("It is 4.",))])
    >>> [token.text for token in engine.generate("What is 2 + 2?")]
    ['It', ' is', ' 4.']

    Args:
        replies: asked in order.
        name: for receipts.
        thinking: how it marks a thought; as most models do if None.
        parallel: how many continuations it recites by turns.

    Attributes:
        prompts: every prompt `generate` was given, in order.
    """

    def __init__(
        self,
        replies: Sequence[ScriptedReply],
        *,
        name: str = "scripted",
        thinking: ThinkingFormat | None = None,
        parallel: int = 1,
    ) -> None:
        self._replies = tuple(replies)
        self._thinking = thinking or find_format_by_name(THINK)
        self._name = name
        self._parallel = parallel
        self.prompts: list[str] = []

    @property
    def name(self) -> str:
        """The name it was given."""
        return self._name

    @property
    def settings(self) -> tuple[tuple[str, str | int | float | bool], ...]:
        """None: an answer depends on the prompt alone."""
        return ()

    @property
    def capabilities(self) -> Capabilities:
        """It continues any text; what is recited is not chosen token by token, and there is no cache."""
        return Capabilities(parallel=self._parallel)

    @property
    def can_constrain(self) -> bool:
        """False: what is recited matches a schema only if it was written so."""
        return False

    @property
    def thinking(self) -> ThinkingFormat:
        """As most models mark a thought, unless it was made with another format."""
        return self._thinking

    def open_thought(self, question: str) -> str:
        """Return a plain prompt with an opened thinking channel."""
        return self._thinking.open(f"Question: {question}\n")

    def generate(
        self,
        prompt: str,
        *,
        stop: Sequence[str] = (),
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int = 0,
        spans: SpanRequest | None = None,
        entries: RecalledEntries | None = None,
        log_probs: bool = False,
        on_recall: RecallCallback | None = None,
    ) -> TokenStream:
        """Recite the answer of the first reply that accepts `prompt`; raises `EngineFailed` if none does."""
        if spans is not None:
            raise ValueError(f"the engine {self.name!r} cannot constrain its tokens to spans: it recites")
        if entries is not None:
            raise ValueError(f"the engine {self.name!r} has no cache for entries to stand in")
        if on_recall is not None:
            raise ValueError(f"the engine {self.name!r} has no recall tool: text can be put into its thought")
        if log_probs:
            raise ValueError(f"the engine {self.name!r} has no log-probs: it recites")
        self.prompts.append(prompt)
        answers = self._answers(prompt)
        answer = answers[seed % len(answers)] if temperature > 0 else answers[0]
        return cut_at_stop(_recite(_WORD.findall(answer), max_tokens), stop)

    def generate_many(
        self,
        prompts: Sequence[str],
        *,
        seeds: Sequence[int],
        stop: Sequence[str] = (),
        max_tokens: int = 512,
        temperature: float = 0.0,
        spans: Sequence[SpanRequest | None] = (),
        log_probs: bool = False,
        closed: Container[int] = (),
    ) -> BranchStream:
        """Recite one word of each continuation by turns; see `ParallelEngine.generate_many`."""

        def begin(place: int) -> TokenStream:
            return self.generate(
                prompts[place],
                stop=stop,
                max_tokens=max_tokens,
                temperature=temperature,
                seed=seeds[place],
                spans=spans[place] if spans else None,
                log_probs=log_probs,
            )

        check_seeds(prompts, seeds, spans)
        return take_turns(begin, len(prompts), at_once=self._parallel, closed=closed)

    @property
    def context_tokens(self) -> None:
        """None: it reads prompts of any length."""
        return None

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Recite the answer to each request, whose prompt is its messages, a blank line between two; in order."""
        for place, request in enumerate(requests):
            yield place, self._complete_one(request)

    def count_tokens(self, text: str) -> int:
        """Return the number of words."""
        return len(_WORD.findall(text))

    def _complete_one(self, request: CompletionRequest) -> Answer:
        prompt = "\n\n".join(message.text for message in request.messages)
        drawn = request.sampling
        limit, seed = drawn.max_tokens + 1, drawn.seed or 0
        try:
            stream = self.generate(prompt, max_tokens=limit, temperature=drawn.temperature, seed=seed)
            words = [token.text for token in stream]
        except EngineFailed as error:
            return error
        is_cut = len(words) > drawn.max_tokens
        text = "".join(words[: drawn.max_tokens])
        return Completion(
            text, Finish.LENGTH if is_cut else Finish.STOP, self.count_tokens(prompt), len(words) - is_cut
        )

    def _answers(self, prompt: str) -> tuple[str, ...]:
        for reply in self._replies:
            if reply.when(prompt):
                return reply.answers
        raise EngineFailed(
            f"none of the {len(self._replies)} replies accepts the prompt that ends {prompt[-_SHOWN:]!r}"
        )


def _recite(words: list[str], max_tokens: int) -> TokenStream:
    for number, word in enumerate(words[:max_tokens], start=1):
        yield Token(word, is_cut=number == max_tokens < len(words))


def make_demo_engine() -> ScriptedEngine:
    """Return the engine of the setting ``engine = scripted``: one fixed query, then one fixed answer to anything."""
    return ScriptedEngine(
        [
            ScriptedReply(prompt_ends(ThoughtPrompts().opening), (_DEMO_QUERY,)),
            ScriptedReply(lambda _: True, (_DEMO_THOUGHT,)),
        ]
    )
