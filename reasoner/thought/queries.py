"""What a thought asks its memory: completed by the model, read from its marks, or its answer so far."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from midthought.reasoner.engines.base import Engine
from midthought.reasoner.engines.branch_streams import generate_together
from midthought.reasoner.thought.events import QueryFormed, QueryToken
from midthought.reasoner.thought.first_sentence import as_query, first_sentence
from midthought.reasoner.thought.recalling import Moment
from midthought.reasoner.thought.receipts import RunTurn
from midthought.reasoner.thought.think_settings import ThinkSettings, derive_seed
from midthought.reasoner.thought.token_meter import TokenMeter
from midthought.reasoner.thought.triggers.watcher import QueryForm


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A query that is wanted.

    Attributes:
        thought: the whole text so far.
        moment: where the recall happens.
        turn: names the call of the engine.
        form: where the query comes from.
        written: what the model wrote already, for `QueryForm.WRITTEN`.
    """

    thought: str
    moment: Moment
    turn: str
    form: QueryForm = QueryForm.VERBALISED
    written: str = ""


@dataclass(frozen=True, slots=True)
class FormedQuery:
    """A query.

    Attributes:
        query: what is searched for.
        thought: the whole text up to the end of the query; a hint follows there, and it is dropped if there is none.
        tokens: generated for it.
        fell_back: the model wrote none, and the question takes its place.
    """

    query: str
    thought: str
    tokens: int = 0
    fell_back: bool = False


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

    def form(self, requests: Sequence[QueryRequest]) -> Generator[QueryEvent, None, list[FormedQuery]]:
        """Yield what the model writes; return the queries in order. An engine that gains by it writes all at once."""
        asked = [one for one in requests if one.form is not QueryForm.WRITTEN]
        meters = {one.turn: TokenMeter() for one in asked}
        if asked:
            yield from self._write(asked, meters)
        formed = []
        for request in requests:
            query = self._read(request, meters.get(request.turn))
            place = request.moment.trigger, request.moment.branch, request.moment.sample
            yield QueryFormed(query.query, query.tokens, query.fell_back, *place)
            formed.append(query)
        return formed

    def _write(self, asked: Sequence[QueryRequest], meters: dict[str, TokenMeter]) -> Generator[QueryEvent, None, None]:
        """Let the model write one sentence for each request."""
        settings, over = self._settings, set[int]()
        limits = [self._limit(one) for one in asked]
        stream = generate_together(
            self._engine,
            [one.thought + self._opening(one) for one in asked],
            seeds=[derive_seed(settings.seed, one.turn) for one in asked],
            stop=self._closings,
            max_tokens=max(limits),
            temperature=settings.query_temperature,
            closed=over,
        )
        with closing(stream):
            for place, token in stream:
                if place in over:  # written before the engine knew
                    continue
                moment, meter = asked[place].moment, meters[asked[place].turn]
                meter.count(token)
                yield QueryToken(token.text, moment.trigger, moment.branch, moment.sample)
                if first_sentence(meter.text)[1] or meter.tokens >= limits[place]:
                    over.add(place)
        for one in asked:
            yield meters[one.turn].turn(one.turn)

    def _read(self, request: QueryRequest, meter: TokenMeter | None) -> FormedQuery:
        """Return the query of a request, for which the model wrote what a meter has read."""
        if meter is None:
            return FormedQuery(request.written, request.thought)
        opened = request.thought + self._opening(request)
        sentence = self._settings.spans.without_marks(first_sentence(meter.text)[0])
        said = as_query(sentence)
        if not said:
            return FormedQuery(self._question, opened, meter.tokens, fell_back=True)
        query = f"{self._question}\n{said}" if request.form is QueryForm.INTERIM else said
        return FormedQuery(query, f"{opened} {sentence}", meter.tokens)

    def _opening(self, request: QueryRequest) -> str:
        """Return the sentence that the model completes."""
        prompts = self._settings.prompts
        if not request.moment.is_later:
            return prompts.opening
        texts = prompts.recalls
        return f"\n{texts.interim if request.form is QueryForm.INTERIM else texts.opening}"

    def _limit(self, request: QueryRequest) -> int:
        settings = self._settings
        return settings.triggering.interim_tokens if request.form is QueryForm.INTERIM else settings.query_tokens
