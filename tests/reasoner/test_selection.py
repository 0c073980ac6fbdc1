"""The selectors: each against its rule, and what holds for all."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.reasoner.thought.selection.selector import SampleCandidate, SelectionRules, Selector, select

_RULES = SelectionRules(keep=4, threshold=0.1)


def pool(*samples: tuple[int, int, str], entropy: float | None = None) -> list[SampleCandidate]:
    """Candidates of (branch, tokens, answer), samples numbered in each branch."""
    counts: Counter[int] = Counter()
    made = []
    for branch, tokens, answer in samples:
        made.append(SampleCandidate(branch, counts[branch], tokens, answer, entropy))
        counts[branch] += 1
    return made


def test_length_is_the_published_rule() -> None:
    """The second worked example: C is dropped, and A1 A2 B1 B2 are chosen."""
    found = select(
        Selector.LENGTH,
        pool(*((b, t, "") for b, t in zip([0, 0, 1, 1, 2, 2], [100, 200, 300, 500, 480, 490], strict=True))),
        _RULES,
    )
    assert found.chosen == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert found.kept == (0, 1)
    assert found.sample_scores[0, 1] == 0.75


def test_best_by_length_ignores_branches() -> None:
    """The one short sample of a branch whose others are long is chosen, which the published rule drops."""
    samples = pool((0, 10, ""), *((0, 500, "") for _ in range(19)), (1, 20, ""), (1, 30, ""))
    rules = SelectionRules(keep=1, threshold=0.1)
    assert select(Selector.LENGTH, samples, rules).chosen == ((1, 0),)
    found = select(Selector.BEST_BY_LENGTH, samples, rules)
    assert found.chosen == ((0, 0),)
    assert found.kept == (0, 1)


def test_majority_counts_answers() -> None:
    """Two of four agree, in another case and spacing; the shorter of them comes first."""
    found = select(Selector.MAJORITY, pool((0, 5, "7"), (0, 9, "x + 1"), (1, 8, "X+1"), (1, 1, "")), _RULES)
    assert found.chosen == ((1, 0), (0, 1), (0, 0), (1, 1))
    assert found.sample_scores == {(0, 0): 0.25, (0, 1): 0.5, (1, 0): 0.5, (1, 1): 0.0}
    assert found.scores == (0.375, 0.25)


def test_majority_breaks_ties_by_length() -> None:
    """Of two answers with two votes each, the one with the shortest sample."""
    found = select(Selector.MAJORITY, pool((0, 5, "a"), (0, 6, "a"), (1, 4, "b"), (1, 99, "b")), _RULES)
    assert found.chosen == ((1, 0), (1, 1), (0, 0), (0, 1))


def test_majority_without_answers_is_by_length() -> None:
    """Where no sample has an answer there is no vote."""
    found = select(Selector.MAJORITY, pool((0, 5, ""), (1, 4, "")), _RULES)
    assert found.chosen == ((1, 0), (0, 0))
    assert set(found.sample_scores.values()) == {0.0}


def test_self_certainty_takes_the_lowest_entropy() -> None:
    """The score is exp(-H); of equals the shorter; a sample without tokens comes last."""
    samples = [
        SampleCandidate(0, 0, 9, "", 0.5, -3.0),
        SampleCandidate(0, 1, 9, "", 0.1, -9.0),
        SampleCandidate(1, 0, 8, "", 0.5, -1.0),
        SampleCandidate(1, 1, 0),
    ]
    found = select(Selector.SELF_CERTAINTY, samples, _RULES)
    assert found.chosen == ((0, 1), (1, 0), (0, 0), (1, 1))
    assert found.sample_scores[0, 1] == pytest.approx(math.exp(-0.1))
    assert found.sample_scores[1, 1] == 0.0


def test_self_certainty_without_entropies_is_by_log_probability() -> None:
    """If one sample has no entropy, all are compared by what all have."""
    samples = [SampleCandidate(0, 0, 9, "", 0.5, -3.0), SampleCandidate(0, 1, 9, "", None, -1.0)]
    assert select(Selector.SELF_CERTAINTY, samples, _RULES).chosen == ((0, 1), (0, 0))


_CANDIDATES = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 40),
        st.sampled_from(["", "1", "2", " 2"]),
        st.floats(0, 12),
        st.floats(-30, 0),
    ),
    min_size=1,
    max_size=24,
)


@given(drawn=_CANDIDATES, keep=st.integers(1, 30), selector=st.sampled_from(Selector), data=st.data())
def test_what_holds_for_every_selector(
    drawn: list[tuple[int, int, str, float, float]], keep: int, selector: Selector, data: st.DataObject
) -> None:
    """Chosen are distinct, at most n, of kept branches, at least one; scores are finite; the order given is nothing."""
    counts: Counter[int] = Counter()
    samples = []
    for branch, tokens, answer, entropy, log_prob in drawn:
        known = (entropy, log_prob) if tokens else (None, None)
        samples.append(SampleCandidate(branch, counts[branch], tokens, answer, *known))
        counts[branch] += 1
    rules = SelectionRules(keep, 0.1)
    found = select(selector, samples, rules)
    assert 1 <= len(set(found.chosen)) == len(found.chosen) <= keep
    assert {branch for branch, _ in found.chosen} <= set(found.kept) <= set(counts)
    assert set(found.sample_scores) == {one.place for one in samples}
    assert all(math.isfinite(score) for score in (*found.sample_scores.values(), *found.scores))
    assert len(found.scores) == len(counts)
    shuffled = data.draw(st.permutations(samples))
    assert select(selector, shuffled, rules) == found


@pytest.mark.parametrize("selector", Selector)
def test_impossible_arguments_are_errors(selector: Selector) -> None:
    """Nothing to choose from, nothing to keep."""
    with pytest.raises(ValueError, match="at least one sample"):
        select(selector, [], _RULES)
    with pytest.raises(ValueError, match="keep must be"):
        select(selector, pool((0, 1, "")), SelectionRules(0, 0.1))
