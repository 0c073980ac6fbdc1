"""Which tokens are allowed while a span is open, and the sources of the copied text."""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from midthought.reasoner.spans.automaton import NOWHERE, ROOT, SuffixAutomaton
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.runs import SymbolRun, part_run
from midthought.reasoner.spans.segments import Source
from midthought.reasoner.spans.span_state import SpanState
from midthought.reasoner.spans.vocabulary import Vocabulary


@dataclass(slots=True)
class Layer:
    """An automaton over some runs, and what a matcher keeps with it.

    Attributes:
        shift: number of low bits of a symbol that are flags; see `SpanMatcher`.
        runs: in the order they were added.
        begins: where each run begins in the automaton.
        starts: the tokens that a span may begin with, of the first `started` runs.
        known: tokens that may follow a state; cleared when a run is added.
    """

    shift: int
    automaton: SuffixAutomaton = field(default_factory=SuffixAutomaton)
    runs: list[SymbolRun] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    starts: dict[int, None] = field(default_factory=dict)
    started: int = 0
    known: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def append(self, run: SymbolRun, symbols: Sequence[int]) -> None:
        """Add a run, with its symbols as the automaton stores them. No substring crosses from one run into the next."""
        # What may follow a state grows with every run, and appending may split the state itself.
        self.known.clear()
        self.begins.append(len(self.automaton))
        self.runs.append(run)
        self.automaton.append(symbols)
        self.automaton.put_break()

    def sources(self, symbols: Sequence[int]) -> Iterator[Source]:
        """Yield every place of `symbols`, given without the flag bits."""
        for end in self.automaton.ends(symbols, shift=self.shift):
            number = bisect_right(self.begins, end - len(symbols)) - 1
            run, last = self.runs[number], end - self.begins[number]
            yield Source(run.segment, run.characters[last - len(symbols)], run.characters[last])


class SpanMatcher(ABC):
    """Follows spans through the quotable runs. States are values: a matcher may grow while spans are open.

    Runs are stored in layers. `fork` shares the existing layers and stores later runs in a new one, so that
    the branches of a thought share its beginning.

    With `SpanRules.whole_words` each symbol of the automaton has one more bit: whether it begins at a word boundary.
    Inside a span the bit follows from the span itself; for its first symbol it must be set. So a state stands for
    exactly those occurrences that begin between words, and the span may end if one of them also ends there.

    Args:
        vocabulary: of the model.
        rules: the length of spans, and where they may end.
        layers: shared with other matchers, and never changed.
    """

    def __init__(self, vocabulary: Vocabulary, rules: SpanRules, *, layers: tuple[Layer, ...] = ()) -> None:
        self.vocabulary = vocabulary
        self.rules = rules
        self._shift = 1 if rules.whole_words else 0
        self._spellings: dict[tuple[int, bool], Sequence[int]] = {}
        self._shared = layers
        self._layers = layers

    def add(self, runs: Iterable[SymbolRun]) -> None:
        """Make runs quotable: of tokens, or of bytes, as the matcher needs them.

        Runs are split around the text of special tokens, in any tokenisation.
        """
        # A layer of another matcher is never changed: the other branches of the thought read it.
        if self._layers == self._shared:
            self._layers = (*self._shared, Layer(self._shift))
        for run in runs:
            for part in self._part(run):
                self._layers[-1].append(part, self._with_edges(part.symbols) if self._shift else part.symbols)

    def fork(self) -> "SpanMatcher":
        """Return a matcher that has the current runs of this one, and grows separately."""
        return type(self)(self.vocabulary, self.rules, layers=self._layers)

    def start(self) -> SpanState:
        """Return the state of a span that has just been opened."""
        return SpanState(self, (ROOT,) * len(self._layers))

    def check_integrity(self) -> None:
        """Raise `AssertionError` unless every layer is whole."""
        for layer in self._layers:
            layer.automaton.check_integrity()
            assert len(layer.automaton) == sum(len(run.symbols) + 1 for run in layer.runs), "places and runs differ"

    def allowed(self, state: SpanState) -> Collection[int]:
        """Return the tokens that continue the span of `state`."""
        if self._is_full(state):
            return ()
        need = self.rules.min_tokens - state.length - 1
        found: list[Collection[int]] = []
        for layer, node in zip(self._layers, state.nodes, strict=False):
            if node == ROOT:
                found.append(self._starts(layer))
            elif node != NOWHERE:
                # The matcher may have grown since this state was reached, which can split it.
                here = layer.automaton.settle(node, state.symbols)
                tokens = self._after(layer, here)
                found.append(self._needed(layer, here, state, need) if need > 0 or state.is_blank else tokens)
        return found[0] if len(found) == 1 else set().union(*found)

    def may_end(self, state: SpanState) -> bool:
        """Whether the span of `state` may end: by the rules, or because nothing continues it."""
        if not self.allowed(state):
            return True
        if state.pending or state.length < self.rules.min_tokens:
            return False
        if not (self.rules.whole_words and state.length):
            return True
        if state.is_blank:
            return False
        return not state.in_word or any(
            self._ends_word(layer, layer.automaton.settle(node, state.symbols))
            for layer, node in zip(self._layers, state.nodes, strict=False)
            if node != NOWHERE
        )

    def advance(self, state: SpanState, token: int) -> SpanState:
        """Return the state after one more token; raises `ValueError` if the token is not allowed."""
        # The rules of a first token (word edges, room for the shortest span) are in the set of starts.
        possible = not self._is_full(state) if state.length else self._may_start(token)
        symbols = self._spelt(token, state) if possible else ()
        nodes = tuple(
            NOWHERE if node == NOWHERE else self._step(layer, node, state, token, symbols)
            for layer, node in zip(self._layers, state.nodes, strict=False)
        )
        if all(node == NOWHERE for node in nodes):
            raise ValueError(f"token {token} does not continue the span of {state.length} tokens")
        pending = self.vocabulary.pending(token, state.pending) if self.rules.whole_characters else 0
        in_word = is_blank = False
        if self.rules.whole_words:
            in_word = self.vocabulary.ends_in_word(token, before=state.in_word)
            is_blank = self._stays_blank(state, token)
        count = state.symbols + len(symbols)
        return SpanState(self, nodes, state.length + 1, count, pending, state, token, in_word, is_blank)

    def sources(self, tokens: Sequence[int]) -> tuple[Source, ...]:
        """Return every place where `tokens` (not empty) occur, in the order in which the runs were added."""
        symbols = [symbol for token in tokens for symbol in self._symbols(token)]
        return tuple(source for layer in self._layers for source in layer.sources(symbols))

    def _is_full(self, state: SpanState) -> bool:
        return state.length >= self.rules.max_tokens and not state.pending

    def _may_start(self, token: int) -> bool:
        return any(token in self._starts(layer) for layer in self._layers)

    def _step(self, layer: Layer, node: int, state: SpanState, token: int, symbols: Sequence[int]) -> int:
        after = self._walk(layer, layer.automaton.settle(node, state.symbols), symbols)
        return after if after == NOWHERE or self._can_end(layer, after, state, token) else NOWHERE

    def _walk(self, layer: Layer, node: int, symbols: Sequence[int]) -> int:
        if not symbols:
            return NOWHERE
        for symbol in symbols:
            node = layer.automaton.follow(node, symbol)
            if node == NOWHERE:
                break
        return node

    def _needed(self, layer: Layer, node: int, state: SpanState, need: int) -> list[int]:
        """Return the tokens after `node` with which the span can become long enough, and more than white space."""
        return [
            token
            for token in self._after(layer, node)
            if self._can_end(layer, self._walk(layer, node, self._spelt(token, state)), state, token)
        ]

    def _can_end(self, layer: Layer, after: int, state: SpanState, token: int) -> bool:
        """Whether a span that is at `after` with `token` is, or can become, long enough and more than white space."""
        need = self.rules.min_tokens - state.length - 1
        if need > 0 and not layer.automaton.goes_on(after, need):
            return False
        return not self._stays_blank(state, token) or self._leaves_blank(layer, after)

    def _stays_blank(self, state: SpanState, token: int) -> bool:
        if state.length and not state.is_blank:
            return False
        return self.rules.whole_words and self.vocabulary.pieces[token].isspace()

    def _leaves_blank(self, layer: Layer, node: int) -> bool:
        """Whether anything other than white space follows `node`, at any distance."""
        seen, waiting = {node}, [node]
        while waiting:
            here = waiting.pop()
            for symbol in layer.automaton.following(here):
                if not self._is_blank(symbol >> self._shift):
                    return True
                after = layer.automaton.follow(here, symbol)
                if after not in seen:
                    seen.add(after)
                    waiting.append(after)
        return False

    def _ends_word(self, layer: Layer, node: int) -> bool:
        """Whether the string of `node`, which ends inside a word, ends at a word boundary at any of its places."""
        automaton = layer.automaton
        return automaton.ends_run(node) or any(symbol & 1 for symbol in automaton.following(node))

    def _part(self, run: SymbolRun) -> list[SymbolRun]:
        """Return the parts of a run around the text of special tokens; the run itself if it has none."""
        text = self._text(run.symbols)
        holes = [found.span() for found in self.vocabulary.special_texts.finditer(text)]
        return part_run(run, self._sizes(run.symbols), holes) if holes else [run]

    def _spelt(self, token: int, state: SpanState) -> Sequence[int]:
        """Return the symbols that the automaton follows for one token after `state`."""
        if not self._shift:
            return self._symbols(token)
        key = (token, state.in_word)
        if key not in self._spellings:
            symbols = self._symbols(token)
            # Kept, because the same token is tried at every step.
            self._spellings[key] = self._edged(symbols, in_word=state.in_word) if symbols else ()
        return self._spellings[key]

    @abstractmethod
    def _symbols(self, token: int) -> Sequence[int]:
        """Return the symbols of one token, without boundary bits; empty for a token that is never copied."""

    @abstractmethod
    def _edged(self, symbols: Sequence[int], *, in_word: bool) -> Sequence[int]:
        """Return symbols with boundary bits; `in_word`: whether the character before them belongs to a word."""

    @abstractmethod
    def _with_edges(self, symbols: Sequence[int]) -> Sequence[int]:
        """Return all symbols of a run with boundary bits; the beginning of a run is a boundary."""

    @abstractmethod
    def _text(self, symbols: Sequence[int]) -> bytes:
        """Return the bytes of the symbols of a run."""

    @abstractmethod
    def _sizes(self, symbols: Sequence[int]) -> list[int]:
        """Return the number of bytes of each symbol of a run."""

    @abstractmethod
    def _is_blank(self, symbol: int) -> bool:
        """Whether a symbol, without its boundary bit, is white space."""

    @abstractmethod
    def _starts(self, layer: Layer) -> Collection[int]:
        """Return the tokens that a span may begin with: enough of the run follows them for the shortest span."""

    @abstractmethod
    def _after(self, layer: Layer, node: int) -> Collection[int]:
        """Return the tokens that follow the string of `node`, which is not the root."""
