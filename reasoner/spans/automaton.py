"""A suffix automaton that grows: every substring of a sequence, and what may follow it, in constant time per symbol."""

from array import array
from collections.abc import Collection, Sequence

import numpy as np

NOWHERE = -1
"""The state of a string that does not occur."""
ROOT = 0
"""The state of the empty string."""
_BREAK = -1
_NONE = -2


class SuffixAutomaton:
    """Holds every substring of a sequence of whole numbers >= 0 (Blumer et al., 1985, "The smallest automaton ...").

    `append` costs amortised constant time, `follow` and `following` constant time, whatever the length. `put_break`
    ends a run: no substring reaches across it. States are plain numbers.

    A state is the class of all strings with the same end places, from ``shortest`` to ``longest``. Appending may split
    a class, and a number held from before then means the longer half; `settle` finds the right half again.

    Measured in `benchmarks/spans/`: about 1 microsecond and 200 bytes per token. Four states of five have one outgoing
    edge, kept inline in two lists; only the other states have a dict. (A dict for every state, as in the textbook,
    takes twice the memory and a quarter more time; arrays of 4-byte numbers take half the memory, but reading them
    makes a new object each time, and building takes twice as long.)
    """

    def __init__(self) -> None:
        self._symbols = array("i")
        self._longest = [0]
        self._link = [NOWHERE]
        # One outgoing edge of a state is kept inline in two lists, the others in a dict; the root has only the dict.
        self._symbol = [_NONE]
        self._target = [ROOT]
        self._others: list[dict[int, int] | None] = [None]
        self._root: dict[int, int] = {}
        self._last = ROOT
        # States of strings that end a run. With a state, all states that its links lead to are in the set.
        self._final: set[int] = set()

    def __len__(self) -> int:
        """The number of places: symbols and breaks."""
        return len(self._symbols)

    @property
    def state_count(self) -> int:
        """The number of states: at most twice the places."""
        return len(self._link)

    def append(self, symbols: Sequence[int]) -> None:
        """Add symbols at the end of the sequence.

        One long function, because a call per symbol would take a quarter of the time; only splits are apart.
        """
        longest, link, one, target, others = self._longest, self._link, self._symbol, self._target, self._others
        root, last, length, fresh = self._root, self._last, len(self._symbols), len(link)
        # The symbols themselves are kept for `ends`, which finds the sources of a closed span.
        self._symbols.extend(symbols)
        for symbol in symbols:
            length += 1
            longest.append(length)
            one.append(_NONE)
            target.append(ROOT)
            others.append(None)
            # Give every suffix of the sequence an edge to the fresh state, until one is met that has such an edge.
            state = known = ROOT
            if last:
                one[last] = symbol  # the last state has no edge yet
                target[last] = fresh
                state = link[last]
            while state:
                if one[state] == symbol:
                    known = target[state]
                    break
                more = others[state]
                if more is None:
                    others[state] = {symbol: fresh}
                elif symbol in more:
                    known = more[symbol]
                    break
                else:
                    more[symbol] = fresh
                state = link[state]
            else:
                known = root.get(symbol, ROOT)
                if not known:
                    root[symbol] = fresh
            last = fresh
            fresh += 1
            # The state already holds exactly this suffix and what is shorter: it can be linked as it is (Blumer et
            # al., 1985).
            if not known or longest[known] == longest[state] + 1:
                link.append(known)
                continue
            link.append(fresh)
            self._split(known, state, symbol, longest[state] + 1)
            fresh += 1
        self._last = last

    def _split(self, known: int, state: int, symbol: int, length: int) -> None:
        """Make a new state of the strings of `known` up to a length, and point to it from `state` and its suffixes."""
        one, target, others, link, fresh = self._symbol, self._target, self._others, self._link, len(self._longest)
        self._longest.append(length)
        link.append(link[known])
        one.append(one[known])
        target.append(target[known])
        more = others[known]
        others.append(None if more is None else more.copy())
        # The shorter strings of the class end the same runs.
        if known in self._final:
            self._final.add(fresh)
        link[known] = fresh
        while state:
            if one[state] == symbol:
                if target[state] != known:
                    return
                target[state] = fresh
            else:
                more = others[state]
                if more is None or more.get(symbol) != known:
                    return
                more[symbol] = fresh
            state = link[state]
        if self._root[symbol] == known:
            self._root[symbol] = fresh

    def put_break(self) -> None:
        """End the run: symbols that are appended later do not continue it."""
        state = self._last
        while state != ROOT and state not in self._final:
            self._final.add(state)
            state = self._link[state]
        self._symbols.append(_BREAK)
        # A state without edges: nothing that comes later continues a string from before the break.
        self._last = len(self._link)
        self._longest.append(len(self._symbols))
        self._link.append(ROOT)
        self._symbol.append(_NONE)
        self._target.append(ROOT)
        self._others.append(None)

    def follow(self, state: int, symbol: int) -> int:
        """Return the state of the string of `state` plus `symbol`; `NOWHERE` if it does not occur."""
        if self._symbol[state] == symbol:
            return self._target[state]
        more = self._others[state] if state else self._root
        return NOWHERE if more is None else more.get(symbol, NOWHERE)

    def following(self, state: int) -> Collection[int]:
        """Return the distinct symbols that follow the string of `state`; at the root a view, which keeps growing."""
        if not state:
            return self._root.keys()
        one, more = self._symbol[state], self._others[state]
        if one == _NONE:
            return more or ()
        return (one,) if more is None else (one, *more)

    def ends_run(self, state: int) -> bool:
        """Whether the string of `state`, which is not the root, ends a run at any of its places."""
        return state in self._final

    def settle(self, state: int, length: int) -> int:
        """Return the state that holds the string of `length` symbols which `state` held when it was reached."""
        link, longest = self._link, self._longest
        while state > ROOT and length <= longest[link[state]]:
            state = link[state]
        return state

    def goes_on(self, state: int, count: int) -> bool:
        """Whether the string of `state` occurs with at least `count` more symbols after it in its run.

        It takes few steps: nearly always the first path is long enough, and no place is visited twice.
        """
        seen: set[tuple[int, int]] = set()
        waiting = [(state, count)]
        while waiting:
            here, left = waiting.pop()
            if left <= 0:
                return True
            for symbol in self.following(here):
                step = (self.follow(here, symbol), left - 1)
                if step not in seen:
                    seen.add(step)
                    waiting.append(step)
        return False

    def ends(self, string: Sequence[int], *, shift: int = 0) -> "list[int]":
        """Return every place at which an occurrence of `string` (not empty) ends, ascending, by one vectorised scan.

        The lowest `shift` bits of the symbols that were appended are not compared.
        """
        symbols = np.frombuffer(self._symbols, dtype=np.int32) >> shift
        count = len(symbols) - len(string) + 1
        if count <= 0:
            return []
        # A scan is done once per quote and takes 0.3 to 1 ms at 128,000 tokens; places kept in the automaton would
        # cost memory at every token (docs/internals/spans.md).
        starts = np.flatnonzero(symbols[:count] == string[0])
        for offset, symbol in enumerate(string[1:], start=1):
            if not len(starts):
                break
            starts = starts[symbols[starts + offset] == symbol]
        found: list[int] = (starts + len(string)).tolist()
        return found

    def check_integrity(self) -> None:
        """Raise `AssertionError` unless the automaton is the one of its sequence: counts, lengths, links and edges."""
        count = self.state_count
        lists = (self._longest, self._link, self._symbol, self._target, self._others)
        assert all(len(one) == count for one in lists), "the lists differ in length"
        assert count <= max(2 * len(self), 1) + 1, f"{count} states for {len(self)} places"
        for state in self._final:
            assert self._link[state] == ROOT or self._link[state] in self._final, f"link of {state}, which ends a run"
        for state in range(count):
            assert state == ROOT or self._longest[self._link[state]] < self._longest[state], f"link of {state}"
            for symbol in self.following(state):
                step = self.follow(state, symbol)
                assert self._longest[step] > self._longest[state], f"edge {symbol} of {state}"
                shortest = self._longest[self._link[step]] + 1
                assert shortest <= self._longest[state] + 1, f"edge {symbol} of {state} enters below"
