"""Other ways to know what follows a span: the published rescan, and three structures that lost to the automaton.

Each has ``begin()``, ``allowed(state)`` and ``advance(state, token)`` over one list of tokens, with values for states.
"""

import json
from collections.abc import Callable, Collection, Sequence

import llguidance
import numba
import numpy as np
from numpy.typing import NDArray


class Rescan:
    """Looks through the whole context at every step, as the published code does; here with NumPy."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens = np.array(tokens, dtype=np.int64)

    def begin(self) -> tuple[int, ...]:
        """The empty span."""
        return ()

    def allowed(self, span: tuple[int, ...]) -> Collection[int]:
        """The distinct tokens behind every occurrence of the span."""
        if not span:
            return np.unique(self._tokens)  # type: ignore[return-value]
        windows = np.lib.stride_tricks.sliding_window_view(self._tokens, len(span))
        ends = np.flatnonzero((windows == np.array(span)).all(axis=1)) + len(span)
        return np.unique(self._tokens[ends[ends < len(self._tokens)]])  # type: ignore[return-value]

    def advance(self, span: tuple[int, ...], token: int) -> tuple[int, ...]:
        """The longer span."""
        return (*span, token)


class OccurrenceLists:
    """Keeps the places where the span ends, and narrows them by each token."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens = np.array([*tokens, -1], dtype=np.int64)
        order = np.argsort(self._tokens[:-1], kind="stable")
        values, starts = np.unique(self._tokens[:-1][order], return_index=True)
        self._places = dict(zip(values.tolist(), np.split(order + 1, starts[1:]), strict=True))

    def begin(self) -> NDArray[np.int64] | None:
        """Everywhere."""
        return None

    def allowed(self, places: NDArray[np.int64] | None) -> Collection[int]:
        """The distinct tokens at the places."""
        if places is None:
            return self._places.keys()
        if len(places) < 16:
            return set(self._tokens[places].tolist()) - {-1}
        found = np.unique(self._tokens[places])
        return found[found >= 0]  # type: ignore[return-value]

    def advance(self, places: NDArray[np.int64] | None, token: int) -> NDArray[np.int64]:
        """The places that go on with the token."""
        return self._places[token] if places is None else places[self._tokens[places] == token] + 1


class SuffixArray:
    """Sorts the suffixes by doubling; a span is an interval of them, narrowed by bisection."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens = np.array([*tokens, -1], dtype=np.int64)
        rank = np.unique(self._tokens, return_inverse=True)[1].astype(np.int64)
        size, width = len(rank), 1
        while True:
            after = np.concatenate([rank[width:], np.full(min(width, size), -1)])[:size]
            key = rank * (size + 1) + after + 1
            order = np.argsort(key, kind="stable")
            fresh = np.concatenate([[0], np.cumsum(key[order][1:] != key[order][:-1])])
            rank = np.empty_like(fresh)
            rank[order] = fresh
            if fresh[-1] == size - 1:
                break
            width *= 2
        self._suffixes = order

    def begin(self) -> tuple[int, int, int]:
        """All suffixes, at depth 0."""
        return 0, len(self._suffixes), 0

    def allowed(self, state: tuple[int, int, int]) -> Collection[int]:
        """The distinct tokens at the depth of the interval: sorted there, so neighbours are compared."""
        low, high, depth = state
        column = self._tokens[self._suffixes[low:high] + depth]
        found = column[np.concatenate([[True], column[1:] != column[:-1]])]
        return found[found >= 0].tolist()  # type: ignore[no-any-return]

    def advance(self, state: tuple[int, int, int], token: int) -> tuple[int, int, int]:
        """The narrower interval."""
        low, high, depth = state
        column = self._tokens[self._suffixes[low:high] + depth]
        left, right = np.searchsorted(column, [token, token + 1])
        return low + int(left), low + int(right), depth + 1


class TextbookAutomaton:
    """The suffix automaton as it is printed: a dict for the edges of every state."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._next: list[dict[int, int]] = [{}]
        link, longest, last = [-1], [0], 0
        for token in tokens:
            fresh = self._add({}, link, longest, longest[last] + 1)
            state = last
            while state != -1 and token not in self._next[state]:
                self._next[state][token] = fresh
                state = link[state]
            if state == -1:
                link[fresh] = 0
            else:
                known = self._next[state][token]
                if longest[state] + 1 == longest[known]:
                    link[fresh] = known
                else:
                    copy = self._add(dict(self._next[known]), link, longest, longest[state] + 1)
                    link[copy] = link[known]
                    while state != -1 and self._next[state].get(token) == known:
                        self._next[state][token] = copy
                        state = link[state]
                    link[known] = link[fresh] = copy
            last = fresh
        self._link, self._longest = link, longest

    def _add(self, edges: dict[int, int], link: list[int], longest: list[int], length: int) -> int:
        self._next.append(edges)
        link.append(0)
        longest.append(length)
        return len(self._next) - 1

    def begin(self) -> int:
        """The root."""
        return 0

    def allowed(self, state: int) -> Collection[int]:
        """The edges."""
        return self._next[state].keys()

    def advance(self, state: int, token: int) -> int:
        """The next state."""
        return self._next[state][token]


@numba.njit
def compiled_automaton(symbols: NDArray[np.int32]) -> tuple[int, int]:
    """Build the automaton of few distinct symbols (bytes), compiled; return its states and edges.

    The edges of a state are a linked list, which is why it is for bytes and not for tokens: the root has one a symbol.
    """
    size = len(symbols)
    longest, link = np.zeros(2 * size + 2, np.int32), np.full(2 * size + 2, -1, np.int32)
    first = np.full(2 * size + 2, -1, np.int32)
    edge_count = 4 * size + 8
    symbol, target, after = (
        np.empty(edge_count, np.int32),
        np.empty(edge_count, np.int32),
        np.empty(edge_count, np.int32),
    )
    states, edges, last = 1, 0, 0
    for place in range(size):
        one, fresh, state, known = symbols[place], states, last, -1
        states += 1
        longest[fresh] = longest[last] + 1
        while state != -1:
            edge = first[state]
            while edge != -1 and symbol[edge] != one:
                edge = after[edge]
            if edge != -1:
                known = edge
                break
            symbol[edges], target[edges], after[edges] = one, fresh, first[state]
            first[state] = edges
            edges += 1
            state = link[state]
        last = fresh
        if known < 0:
            link[fresh] = 0
            continue
        there = target[known]
        if longest[there] == longest[state] + 1:
            link[fresh] = there
            continue
        copy = states
        states += 1
        longest[copy], link[copy] = longest[state] + 1, link[there]
        edge = first[there]
        while edge != -1:
            symbol[edges], target[edges], after[edges] = symbol[edge], target[edge], first[copy]
            first[copy] = edges
            edges += 1
            edge = after[edge]
        link[there] = link[fresh] = copy
        while state != -1:
            edge = first[state]
            while edge != -1 and symbol[edge] != one:
                edge = after[edge]
            if edge == -1 or target[edge] != there:
                break
            target[edge] = copy
            state = link[state]
    return states, edges


class _Words:
    """What llguidance wants to know of a tokeniser."""

    bos_token_id = None

    def __init__(self, pieces: Sequence[bytes], special: Sequence[int], encode: Callable[[str], list[int]]) -> None:
        self.tokens = list(pieces)
        self.special_token_ids = list(special)
        self.eos_token_id = special[0]
        self._encode = encode

    def __call__(self, text: bytes | str) -> list[int]:
        return self._encode(text.decode(errors="ignore") if isinstance(text, bytes) else text)


def guide_tokenizer(
    pieces: Sequence[bytes], special: Sequence[int], encode: Callable[[str], list[int]]
) -> llguidance.LLTokenizer:
    """Return llguidance's tokeniser over a list of tokens."""
    return llguidance.LLTokenizer(llguidance.TokenizerWrapper(_Words(pieces, special, encode)))


def guide(tokenizer: llguidance.LLTokenizer, text: str) -> llguidance.LLMatcher:
    """Return llguidance's matcher of the substrings of `text`, by characters; raises `ValueError` where it gives up."""
    grammar = f"start: SPAN\nSPAN: %regex {json.dumps({'substring_chars': text}, ensure_ascii=False)}"
    limits = llguidance.LLParserLimits(
        initial_lexer_fuel=10**9, step_lexer_fuel=10**9, max_lexer_states=10**7, max_grammar_size=10**9
    )
    matcher = llguidance.LLMatcher(tokenizer, grammar, limits=limits)
    if matcher.is_error():
        raise ValueError(matcher.get_error())
    return matcher
