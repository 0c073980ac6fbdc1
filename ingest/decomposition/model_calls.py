"""Asking a language model so that no finished call is ever repeated, and no more is spent than was allowed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Protocol

from midthought.ingest.language_model import (
    Answer,
    Completion,
    CompletionRequest,
    Finish,
    LanguageModel,
    PromptMessage,
    Sampling,
)
from midthought.ingest.progress import IngestStopped, IsStopped, never
from midthought.memory.errors import BadSettings, EngineFailed, Unreachable
from midthought.memory.interrupts import stop_if_left
from midthought.memory.records.kept_completion import KeptCompletion
from midthought.memory.records.storable_text import storable

MAX_FAILURES_IN_A_ROW = 5
"""So many requests that reached no server, and no answer between them: it is gone, and the job stops."""


class BudgetSpent(IngestStopped):
    """The ingestion ended because what it may spend is spent; it goes on where it stopped if it is given more.

    Attributes:
        spent: by the job, by then.
    """

    def __init__(self, message: str, spent: "Spent | None" = None) -> None:
        super().__init__(message)
        self.spent = spent or NOTHING_SPENT


_GO_ON = "raise it, and retry the job or give the same content again; no answer that is paid is asked for again"
GROUP = 64
"""Calls that are sent together at most."""
_LIKELY_ANSWER = 300
"""Tokens of an answer, before any is known."""
_TRIAL = CompletionRequest((PromptMessage("user", "1"),), sampling=Sampling(max_tokens=1))
"""What any server can answer, and for the least that an answer can cost."""
LetterKey = tuple[str, str, str]
"""What a dead letter is about: a trajectory, a stage, and the key of what was asked there."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one ingestion may spend, and what tokens cost.

    Attributes:
        tokens: of prompts and answers together; None for no limit.
        money: in the currency of the prices; None for no limit.
        price_in, price_cached, price_out: of a million tokens: of prompts, of those that came from the prefix cache,
            and of answers.
    """

    tokens: int | None = None
    money: float | None = None
    price_in: float = 0.0
    price_cached: float = 0.0
    price_out: float = 0.0

    def __post_init__(self) -> None:
        if self.money is not None and not (self.price_in or self.price_cached or self.price_out):
            raise BadSettings(f"a budget of {self.money:g} needs prices: give 'model_price_in' and 'model_price_out'")

    @property
    def is_limited(self) -> bool:
        """Whether anything is refused."""
        return self.tokens is not None or self.money is not None

    def price(self, spent: "Spent") -> float:
        """Return what tokens cost."""
        fresh = spent.tokens_in - spent.tokens_cached
        paid = fresh * self.price_in + spent.tokens_cached * self.price_cached + spent.tokens_out * self.price_out
        return paid / 1_000_000

    def check(self, spent: "Spent") -> None:
        """Raise `BudgetSpent` if nothing is left."""
        tokens = spent.tokens_in + spent.tokens_out
        if self.tokens is not None and tokens >= self.tokens:
            raise BudgetSpent(f"the budget of {self.tokens:,} tokens is spent ({tokens:,}): {_GO_ON}", spent)
        if self.money is not None and (price := self.price(spent)) >= self.money:
            raise BudgetSpent(f"the budget of {self.money:g} is spent ({price:.4g}): {_GO_ON}", spent)

    def has_room(self, spent: "Spent", mean: "Spent", calls: int) -> bool:
        """Whether something is left after `calls` more that cost as much as `mean`."""
        tokens = spent.tokens_in + spent.tokens_out + calls * (mean.tokens_in + mean.tokens_out)
        price = self.price(spent) + calls * self.price(mean)
        return (self.tokens is None or tokens < self.tokens) and (self.money is None or price < self.money)


NO_BUDGET = Budget()


@dataclass(frozen=True, slots=True)
class Spent:
    """Calls and their tokens; those of `tokens_in` that came from a prefix cache are `tokens_cached`."""

    calls: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0

    def __sub__(self, other: "Spent") -> "Spent":
        return self + Spent(-other.calls, -other.tokens_in, -other.tokens_cached, -other.tokens_out)

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_cached + other.tokens_cached,
            self.tokens_out + other.tokens_out,
        )


NOTHING_SPENT = Spent()


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A request, and the trajectory it is about."""

    trajectory_id: str
    request: CompletionRequest


class KeptAnswers(Protocol):
    """Where answers are kept as soon as they are there."""

    def find(self, digests: Sequence[str]) -> Mapping[str, KeptCompletion]:
        """Return those that are kept."""
        ...

    def keep(self, answer: KeptCompletion) -> None:
        """Keep one, durably, and count what it cost."""
        ...

    def drop(self, digests: Sequence[str]) -> None:
        """Delete those that are kept, so that they can be kept anew."""
        ...


class ModelCalls:
    """Asks a model for one ingestion.

    What an answer cost is counted when it is kept, in one commit; one that was kept before costs nothing. So each call
    is counted once, in the job that paid for it, also if that is stopped, killed and continued.

    Args:
        model: is asked.
        kept: what was answered before.
        budget: is checked before each group of requests, which is no larger than it may have room for.
        spent: by this ingestion so far.
        is_stopped: asked between two answers.
        on_spent: told what the ingestion has spent by now, after each answer.
        renewed: what is asked anew if the answer that is kept cannot be used: it has a dead letter.
    """

    def __init__(
        self,
        model: LanguageModel,
        kept: KeptAnswers,
        *,
        budget: Budget = NO_BUDGET,
        spent: Spent = NOTHING_SPENT,
        is_stopped: IsStopped = never,
        on_spent: Callable[[Spent], None] = lambda _: None,
        renewed: AbstractSet[LetterKey] = frozenset(),
    ) -> None:
        self.model = model
        self._kept = kept
        self._budget = budget
        self.is_stopped = is_stopped
        self._on_spent = on_spent
        self.renewed = renewed
        self._failures = 0
        self._paid: set[str] = set()
        self.spent = spent

    def is_paid(self, request: CompletionRequest) -> bool:
        """Whether the answer to a request came from the model, and not from those that were kept before."""
        return request.digest(self.model.name) in self._paid

    def ask(self, calls: Sequence[ModelCall], *, anew: bool = False) -> list[Answer]:
        """Return the answer to each call; what is kept costs nothing. With `anew` it is deleted, and asked for again.

        Raises:
            BudgetSpent: before the request that would exceed the budget; answers so far are kept.
            IngestStopped: `is_stopped` said so.
            Unreachable: several requests in a row reached no server, or the last ones and a trial after them: the
                server is gone, and nothing is given up.
            BadSettings: no request can succeed.
        """
        digests = [call.request.digest(self.model.name) for call in calls]
        answers: dict[int, Answer] = {}
        if anew:
            self._kept.drop(digests)
        known = self._kept.find(digests)
        for place, digest in enumerate(digests):
            if digest in known:
                answers[place] = _as_completion(known[digest])
        fresh = [place for place in range(len(calls)) if place not in answers]
        answers.update(self._ask_fresh(fresh, calls, digests))
        if self._failures:
            self._try_server()
        return [answers[place] for place in range(len(calls))]

    def _ask_fresh(
        self, places: Sequence[int], calls: Sequence[ModelCall], digests: Sequence[str]
    ) -> Iterator[tuple[int, Answer]]:
        """Yield the answers, group by group: what was sent of a group is waited for and kept before a stop."""
        left = list(places)
        while left:
            self._budget.check(self.spent)
            size = self._group_size([calls[place] for place in left])
            group, left = left[:size], left[size:]
            stream = self.model.complete([calls[place].request for place in group])
            try:
                unanswered = dict.fromkeys(group)
                for number, answer in stream:
                    place = group[number]
                    unanswered.pop(place, None)
                    given = _storable(answer)
                    self._take(given, digests[place], calls[place].trajectory_id)
                    yield place, given
                    stop_if_left()
            finally:
                _close(stream)
            yield from ((place, EngineFailed("the model gave no answer to this request")) for place in unanswered)
            if self.is_stopped():
                raise IngestStopped("stopped between answers of the model; what was answered is kept")

    def _group_size(self, calls: Sequence[ModelCall]) -> int:
        """Return how many calls are sent together: at most `GROUP`, and no more than the budget may have room for."""
        if not self._budget.is_limited:
            return GROUP
        mean = Spent(
            1,
            sum(self.model.count_tokens(one.text) for one in calls[0].request.messages),
            0,
            max(_LIKELY_ANSWER, self.spent.tokens_out // max(1, self.spent.calls)),
        )
        size = 1
        while size < min(GROUP, len(calls)) and self._budget.has_room(self.spent, mean, size):
            size += 1
        return size

    def _take(self, answer: Answer, digest: str, trajectory_id: str) -> None:
        """Keep and count an answer; the next ones are asked only if the server is there and something is left."""
        if isinstance(answer, Completion):
            self._kept.keep(_as_kept(answer, digest, trajectory_id, self.model.name))
            self._paid.add(digest)
            self._failures = 0
            self.spent += _sum([answer])
            self._on_spent(self.spent)
        elif isinstance(answer, Unreachable):
            self._failures += 1
            if self._failures >= MAX_FAILURES_IN_A_ROW:
                raise answer

    def _try_server(self) -> None:
        """Ask for one token; raise `Unreachable` if that reaches no server either.

        The last requests reached none. If it is gone, they must be repeated when it is back; if it answers others, they
        are what it cannot answer.
        """
        for _, answer in self.model.complete([_TRIAL]):
            self._take(_storable(answer), _TRIAL.digest(self.model.name), "")
            if isinstance(answer, Unreachable):
                raise answer
        self._failures = 0


def _storable(answer: Answer) -> Answer:
    """Return an answer as it is kept, so that a kept one and a fresh one are the same."""
    return replace(answer, text=storable(answer.text)) if isinstance(answer, Completion) else answer


def _close(stream: object) -> None:
    close: Callable[[], None] | None = getattr(stream, "close", None)
    if close is not None:
        close()


def _sum(answers: Iterable[Answer]) -> Spent:
    total = NOTHING_SPENT
    for answer in answers:
        if isinstance(answer, Completion):
            total += Spent(1, answer.tokens_in, answer.tokens_cached, answer.tokens_out)
    return total


def _as_kept(answer: Completion, digest: str, trajectory_id: str, model: str) -> KeptCompletion:
    return KeptCompletion(
        digest,
        trajectory_id,
        model,
        answer.text,
        answer.finish.value,
        answer.tokens_in,
        answer.tokens_cached,
        answer.tokens_out,
        answer.seconds,
    )


def _as_completion(kept: KeptCompletion) -> Completion:
    return Completion(kept.text, Finish(kept.finish), kept.tokens_in, kept.tokens_out, kept.tokens_cached, kept.seconds)
