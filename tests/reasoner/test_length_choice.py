"""The scaling rule, with the worked examples and an independent reference in exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.reasoner.thought.selection.length import choose_shortest, samples_per_procedure


def test_first_worked_example() -> None:
    """m=8, k=3, n=4: all procedures are kept and A1 A2 B1 C1 chosen."""
    choice = choose_shortest([(100, 200), (300, 500), (400, 480)], keep=4)
    assert choice.relative == ((1.0, 0.75), (0.5, 0.0), (0.25, 0.05))
    assert choice.scores == pytest.approx((0.875, 0.25, 0.15))
    assert choice.kept == (0, 1, 2)
    assert choice.chosen == ((0, 0), (0, 1), (1, 0), (2, 0))


def test_second_worked_example() -> None:
    """C(480, 490) has a mean of .0375 and is dropped: A1 A2 B1 B2."""
    choice = choose_shortest([(100, 200), (300, 500), (480, 490)], keep=4)
    assert choice.scores[2] == pytest.approx(0.0375)
    assert choice.kept == (0, 1)
    assert choice.chosen == ((0, 0), (0, 1), (1, 0), (1, 1))


def test_constant_pool_keeps_all_and_takes_the_first() -> None:
    """Where all samples have one length there is nothing to compare: the first n."""
    choice = choose_shortest([(7, 7), (7, 7)], keep=3)
    assert choice.kept == (0, 1)
    assert choice.chosen == ((0, 0), (0, 1), (1, 0))
    assert choice.relative == ((1.0, 1.0), (1.0, 1.0))


def test_single_sample_is_chosen() -> None:
    """A pool of one is a constant pool, even at length 0."""
    assert choose_shortest([(0,)], keep=4).chosen == ((0, 0),)


def test_ties_stay_in_the_order_given() -> None:
    """Equal lengths are chosen by procedure, then by sample."""
    assert choose_shortest([(9, 5), (5, 5)], keep=3).chosen == ((0, 1), (1, 0), (1, 1))


def test_mean_at_the_threshold_is_dropped() -> None:
    """A mean of exactly 0.1 is not above 0.1, whatever rounding does."""
    choice = choose_shortest([(0, 0, 0), (10, 7, 10)], keep=9)
    assert choice.scores == (1.0, 0.1)
    assert choice.kept == (0,)


def test_best_is_kept_where_none_is_above_the_threshold() -> None:
    """One short sample among twenty has a mean of .05: the procedure is kept all the same."""
    choice = choose_shortest([(10,) + (500,) * 19], keep=2)
    assert choice.kept == (0,)
    assert choice.chosen == ((0, 0), (0, 1))


@pytest.mark.parametrize(("samples", "procedures", "share"), [(8, 3, 2), (30, 10, 3), (5, 5, 1), (9, 2, 4)])
def test_share_is_the_floor(samples: int, procedures: int, share: int) -> None:
    """Every procedure gets floor(m / k) samples."""
    assert samples_per_procedure(samples, procedures) == share


def test_more_procedures_than_samples_is_an_error() -> None:
    """A procedure without a sample could not be judged."""
    with pytest.raises(ValueError, match="4 procedures for 3 samples"):
        samples_per_procedure(3, 4)


@pytest.mark.parametrize(("lengths", "keep"), [([], 1), ([(1,), ()], 1), ([(1,)], 0)])
def test_impossible_arguments_are_errors(lengths: list[tuple[int, ...]], keep: int) -> None:
    """No procedures, a procedure without samples, nothing to keep."""
    with pytest.raises(ValueError, match=r"must be|needs"):
        choose_shortest(lengths, keep=keep)


def _reference(lengths: list[list[int]], keep: int) -> list[tuple[int, int]]:
    """The rule read aloud, in exact fractions, by repeated search for the best."""
    everything = [one for some in lengths for one in some]
    longest, shortest = max(everything), min(everything)
    relative = {
        (procedure, sample): Fraction(longest - one, longest - shortest) if longest > shortest else Fraction(1)
        for procedure, some in enumerate(lengths)
        for sample, one in enumerate(some)
    }
    means = [
        sum((share for (owner, _), share in relative.items() if owner == procedure), Fraction(0)) / len(some)
        for procedure, some in enumerate(lengths)
    ]
    good = {place for place, mean in enumerate(means) if mean > Fraction(1, 10)}
    good = good or {place for place, mean in enumerate(means) if mean == max(means)}
    left = [place for place in relative if place[0] in good]
    chosen = []
    while left and len(chosen) < keep:
        best = max(left, key=lambda place: (relative[place], -place[0], -place[1]))
        left.remove(best)
        chosen.append(best)
    return chosen


_LENGTHS = st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=15), min_size=1, max_size=5)


@given(lengths=_LENGTHS, keep=st.integers(1, 20))
def test_choice_equals_the_reference(lengths: list[list[int]], keep: int) -> None:
    """The rule agrees with an independent reading in exact fractions."""
    assert list(choose_shortest(lengths, keep=keep).chosen) == _reference(lengths, keep)


@given(lengths=_LENGTHS, keep=st.integers(1, 20), factor=st.integers(1, 9), shift=st.integers(0, 99))
def test_unit_of_length_does_not_matter(lengths: list[list[int]], keep: int, factor: int, shift: int) -> None:
    """Stretching and shifting all lengths changes no choice."""
    moved = [[factor * one + shift for one in some] for some in lengths]
    assert choose_shortest(moved, keep=keep).chosen == choose_shortest(lengths, keep=keep).chosen


@given(lengths=_LENGTHS, keep=st.integers(1, 20))
def test_chosen_are_distinct_and_begin_with_a_shortest(lengths: list[list[int]], keep: int) -> None:
    """No sample is chosen twice, never more than asked for, relative lengths fall."""
    choice = choose_shortest(lengths, keep=keep)
    found = [choice.relative[procedure][sample] for procedure, sample in choice.chosen]
    assert 1 <= len(set(choice.chosen)) == len(choice.chosen) <= keep
    assert found == sorted(found, reverse=True)
