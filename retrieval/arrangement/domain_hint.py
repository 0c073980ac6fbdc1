"""A preference for the entries of one domain that leaves out no other: for a caller who is not sure of the domain."""

from collections.abc import Sequence
from dataclasses import replace

from midthought.retrieval.hits import Hit

DOMAIN_WEIGHT = 0.2
"""Share of the best score that is added for an entry of the domain. On 237 development queries the right domain gains
.03 of hit@3, and a wrong one loses .01; with .1 these are .01 and .00, with .3 they are .06 and .03."""


def prefer_domain(hits: Sequence[Hit], domain: str, *, weight: float = DOMAIN_WEIGHT) -> list[Hit]:
    """Return the hits, best first, after raising those of a domain by a share of the best score; case is ignored."""
    added = weight * hits[0].score if hits else 0.0
    wanted = domain.strip().casefold()
    raised = [replace(hit, score=hit.score + added) if hit.entry.domain.casefold() == wanted else hit for hit in hits]
    return sorted(raised, key=lambda hit: -hit.score)
