"""Words without their endings."""

import re
from functools import lru_cache

_SUFFIX_LIST = "ational ations ation ating ated ates ate ings ing ied ies ed es ly s e y"
_SUFFIXES = _SUFFIX_LIST.split()
_DOUBLED = re.compile(r"([bdgklmnprt])\1$")


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """Return a word without its ending; crude, as both texts are treated alike.

    >>> [stem(word) for word in ("divides", "divided", "dividing", "swapping", "negation", "negate")]
    ['divid', 'divid', 'divid', 'swap', 'neg', 'neg']
    """
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            short = word[: -len(suffix)]
            return stem(short) if suffix in {"s", "ings", "ly"} else _DOUBLED.sub(r"\1", short)
    return word
