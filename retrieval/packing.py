"""Packing hits into a budget of tokens: whole entries only, best first."""

from collections.abc import Sequence

from midthought.retrieval.hits import Hit

_BYTES_PER_TOKEN = 4


def count_tokens(text: str) -> int:
    """Return about how many tokens a language model reads in a text: its UTF-8 bytes divided by 4, rounded up.

    The reader's tokeniser is not known here. Words of English have four letters or more to a token; formulas and other
    scripts have fewer characters to a token.
    """
    return -(-len(text.encode("utf-8", "surrogatepass")) // _BYTES_PER_TOKEN)


def pack_hits(hits: Sequence[Hit], *, max_tokens: int) -> tuple[Hit, ...]:
    """Return, best first, the hits that fit together. One that does not fit is left out, and a later one may fit."""
    packed: list[Hit] = []
    room = max_tokens
    for hit in hits:
        tokens = count_tokens(hit.text)
        if tokens <= room:
            packed.append(hit)
            room -= tokens
    return tuple(packed)
