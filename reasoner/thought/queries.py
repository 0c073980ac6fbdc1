"""What a thought asks its memory: completed by the model, read from its marks, or its answer so far."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from midthought.reasoner.engines.base import Engine
from midthought.reasoner.thought.events import QueryFormed, QueryToken
from midthought.reasoner.thought.first_sentence import as_query, first_sentence
from midthought.reasoner.thought.recalling import Moment
from midthought.reasoner.thought.receipts import RunTurn
from midthought.reasoner.thought.think_settings import ThinkSettings, derive_seed
from midthought.reasoner.thought.token_meter import TokenMeter


@dataclass(frozen=True, slots=True)
class FormedQuery:
    """A query.

    Attributes:
        query: what is searched for.
        thought: the whole text up to the end of the query; a hint follows there, and it is dropped if there is none.
        tokens: generated for it.
    """

    query: str
    thought: str
    tokens: int = 0


QueryEvent = QueryToken | QueryFormed | RunTurn


class QueryWriter:
    """Lets the model write queries.

    Args:
        engine: the model that thinks.
        settings: how long a query may be, and how it is drawn.
        question: what is searched for if the model writes nothing.
        closings: each of these ends a thought, and a query at the latest.
    """

    def __init__(self, engine: Engine, settings: ThinkSettings, question: str, closings: Sequence[str]) -> None:
        self._engine = engine
        self._settings = settings
        self._question = question
        self._closings = tuple(closings)

    def verbalise(
        self, thought: str, opening: str, moment: Moment, turn: str
    ) -> Generator[QueryEvent, None, FormedQuery]:
        """Let the model complete the opening; return the thought up to the end of its query.

        Args:
            thought: the whole text so far.
            opening: a sentence that ends in a colon.
            moment: where the recall happens.
            turn: names the call of the engine.
        """
        opened = thought + opening
        sentence, tokens = yield from self._write(opened, self._settings.query_tokens, moment, turn)
        query = as_query(sentence)
        text = query or self._question
        yield QueryFormed(text, tokens, not query, moment.trigger, moment.branch, moment.sample)
        return FormedQuery(text, f"{opened} {sentence}" if query else opened, tokens)

    def ask_answer(
        self, thought: str, opening: str, moment: Moment, turn: str
    ) -> Generator[QueryEvent, None, FormedQuery]:
        """Let the model say its answer so far; the query is the question and that answer. See `verbalise`."""
        opened = thought + opening
        limit = self._settings.triggering.interim_tokens
        sentence, tokens = yield from self._write(opened, limit, moment, turn)
        answer = as_query(sentence)
        text = f"{self._question}\n{answer}" if answer else self._question
        yield QueryFormed(text, tokens, not answer, moment.trigger, moment.branch, moment.sample)
        return FormedQuery(text, f"{opened} {sentence}" if answer else opened, tokens)

    def take(self, thought: str, query: str, moment: Moment) -> Generator[QueryEvent, None, FormedQuery]:
        """Take a query that the model wrote in its thought."""
        yield QueryFormed(query, 0, False, moment.trigger, moment.branch, moment.sample)
        return FormedQuery(query, thought)

    def _write(
        self, opened: str, limit: int, moment: Moment, turn: str
    ) -> Generator[QueryEvent, None, tuple[str, int]]:
        """Yield the tokens of one sentence; return it and how many tokens were generated."""
        settings = self._settings
        stream = self._engine.generate(
            opened,
            stop=self._closings,
            max_tokens=limit,
            temperature=settings.query_temperature,
            seed=derive_seed(settings.seed, turn),
        )
        meter = TokenMeter()
        sentence = ""
        with closing(stream):
            for token in stream:
                meter.count(token)
                yield QueryToken(token.text, moment.trigger, moment.branch, moment.sample)
                sentence, complete = first_sentence(meter.text)
                if complete:
                    break
        yield meter.turn(turn)
        return settings.spans.without_marks(sentence), meter.tokens
