"""The growing suffix automaton: against every substring, written out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.reasoner.spans.automaton import NOWHERE, ROOT, SuffixAutomaton

_RUNS = st.lists(st.lists(st.integers(0, 3), max_size=12), max_size=4)


def build(runs: list[list[int]]) -> SuffixAutomaton:
    automaton = SuffixAutomaton()
    for run in runs:
        automaton.append(run)
        automaton.put_break()
    return automaton


def state_of(automaton: SuffixAutomaton, string: list[int]) -> int:
    state = ROOT
    for symbol in string:
        state = automaton.follow(state, symbol)
        if state == NOWHERE:
            break
    return state


def substrings(runs: list[list[int]]) -> dict[tuple[int, ...], set[int]]:
    """Every substring of a run with the symbols that follow it somewhere."""
    found: dict[tuple[int, ...], set[int]] = {(): set()}
    for run in runs:
        for start in range(len(run) + 1):
            for end in range(start, len(run) + 1):
                found.setdefault(tuple(run[start:end]), set()).update(run[end : end + 1])
    return found


@given(_RUNS)
def test_every_substring_and_what_follows_it(runs: list[list[int]]) -> None:
    """Exactly the substrings have a state, and exactly what follows them somewhere follows the state."""
    automaton = build(runs)
    automaton.check_integrity()
    for string, following in substrings(runs).items():
        state = state_of(automaton, list(string))
        assert set(automaton.following(state)) == following
        assert all(automaton.follow(state, symbol) == NOWHERE for symbol in {0, 1, 2, 3, 9} - following)


@given(_RUNS)
def test_growing_equals_building_at_once(runs: list[list[int]]) -> None:
    """Symbol by symbol, the automaton has the same states and edges as in one go, and is whole at every step."""
    grown = SuffixAutomaton()
    for run in runs:
        for symbol in run:
            grown.append([symbol])
            grown.check_integrity()
        grown.put_break()
    whole = build(runs)
    assert grown.state_count == whole.state_count
    assert len(grown) == len(whole) == sum(len(run) + 1 for run in runs)
    for state in range(whole.state_count):
        edges = {symbol: whole.follow(state, symbol) for symbol in whole.following(state)}
        assert {symbol: grown.follow(state, symbol) for symbol in grown.following(state)} == edges


@given(st.lists(st.integers(0, 2), min_size=1, max_size=14), st.lists(st.integers(0, 2), max_size=14))
def test_states_held_from_before_growth_settle(before: list[int], after: list[int]) -> None:
    """A state reached before the sequence grew settles to the state that its string has now."""
    automaton = SuffixAutomaton()
    automaton.append(before)
    held = {string: state_of(automaton, list(string)) for string in substrings([before])}
    automaton.append(after)
    for string, state in held.items():
        assert automaton.settle(state, len(string)) == state_of(automaton, list(string))


@given(_RUNS, st.integers(0, 6))
def test_how_far_a_string_goes_on(runs: list[list[int]], count: int) -> None:
    """A string goes on if one of its occurrences has so many symbols behind it in its run."""
    automaton = build(runs)
    for string in substrings(runs):
        size = len(string)
        ends = [
            (run, end) for run in runs for end in range(size, len(run) + 1) if tuple(run[end - size : end]) == string
        ]
        longest = max((len(run) - end for run, end in ends), default=0)
        assert automaton.goes_on(state_of(automaton, list(string)), count) == (longest >= count)


@pytest.mark.slow
@given(_RUNS)
def test_all_ends_are_found(runs: list[list[int]]) -> None:
    """Every occurrence ends where a scan by hand finds it, counting breaks; other strings end nowhere."""
    automaton = build(runs)
    flat = [symbol for run in runs for symbol in [*run, -1]]
    for string in substrings(runs):
        size = len(string)
        if size:
            ends = [end for end in range(size, len(flat) + 1) if tuple(flat[end - size : end]) == string]
            assert automaton.ends(string) == ends
    assert automaton.ends([7]) == []
    assert automaton.ends([1] * 100) == []


@pytest.mark.parametrize("run", [[0] * 300, [0, 1] * 150, list(range(300))])
def test_states_are_few(run: list[int]) -> None:
    """Loops and sequences without repetition have at most two states a symbol."""
    automaton = build([run])
    automaton.check_integrity()
    assert automaton.state_count <= 2 * len(run) + 1


def test_the_check_can_fail() -> None:
    """A wrong link is found."""
    automaton = build([[0, 1, 0, 2, 0, 1]])
    automaton._link[3] = automaton.state_count - 2
    with pytest.raises(AssertionError):
        automaton.check_integrity()
