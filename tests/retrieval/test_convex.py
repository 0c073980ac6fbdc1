"""The weighted sum of normalised scores against its formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.retrieval.fusion.convex import ConvexFusion
from midthought.retrieval.fusion.registry import FUSIONS

found = st.dictionaries(st.integers(0, 20), st.floats(-1, 30), max_size=12).map(
    lambda scores: sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
)


def scaled(pairs: list[tuple[int, float]], item: int) -> float:
    """The place of an item's score between the smallest and the largest; 0 if it was not found."""
    scores = dict(pairs)
    if item not in scores:
        return 0.0
    low, high = min(scores.values()), max(scores.values())
    return (scores[item] - low) / (high - low) if high > low else 1.0


@given(found, found, st.floats(0, 1))
def test_scores_are_the_formula(
    dense: list[tuple[int, float]], lexical: list[tuple[int, float]], weight: float
) -> None:
    """Every item of either search has the weighted sum of both places, from 0 to 1, and the order is by score."""
    fused = ConvexFusion(weight).fuse(dense, lexical)
    assert {item for item, _ in fused} == {item for item, _ in [*dense, *lexical]}
    for item, score in fused:
        assert score == pytest.approx((1 - weight) * scaled(dense, item) + weight * scaled(lexical, item))
        assert -1e-9 <= score <= 1 + 1e-9
    assert fused == sorted(fused, key=lambda pair: (-pair[1], pair[0]))


@pytest.mark.sampled
@pytest.mark.parametrize("name", FUSIONS)
@given(dense=found, lexical=found)
def test_every_fusion_ranks_what_was_found_once(
    name: str, dense: list[tuple[int, float]], lexical: list[tuple[int, float]]
) -> None:
    """Each item comes once, best first, and no item is invented."""
    fused = FUSIONS.load(name).fuse(dense, lexical)
    assert sorted(item for item, _ in fused) == sorted({item for item, _ in [*dense, *lexical]})
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)


def test_a_clear_lead_by_meaning_outweighs_ranks() -> None:
    """First by far by meaning and last by words stays first; by ranks alone another would be."""
    dense = [(1, 1.0), (2, 0.15), (3, 0.14), (4, 0.13)]
    lexical = [(2, 9.0), (3, 8.0), (4, 7.0), (1, 1.0)]
    assert FUSIONS.load("convex").fuse(dense, lexical)[0][0] == 1
    assert FUSIONS.load("rrf").fuse(dense, lexical)[0][0] == 2


@pytest.mark.parametrize("weight", [-0.01, 1.01])
def test_a_weight_outside_0_to_1_is_refused(weight: float) -> None:
    """The other half would have a negative weight."""
    with pytest.raises(ValueError, match=f"lexical_weight must be from 0 to 1, got {weight}"):
        ConvexFusion(weight)
