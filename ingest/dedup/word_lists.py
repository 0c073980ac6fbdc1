"""Lists of words as they are easiest to read: one text, parted by spaces."""


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text.

    >>> sorted(words_of("up down up"))
    ['down', 'up']
    """
    return frozenset(text.split())
