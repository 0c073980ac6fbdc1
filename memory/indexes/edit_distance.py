"""How many edits make one word of another."""

from collections.abc import Iterable


def nearest_words(word: str, words: Iterable[str], *, max_edits: int) -> list[tuple[int, str]]:
    """Return (edits, word) of those `words` that are up to `max_edits` edits away from `word`, in their order.

    No word may hold a space.
    """
    low, high = len(word) - max_edits, len(word) + max_edits
    similar = [one for one in words if low <= len(one) <= high]
    if not similar:
        return []
    # An edit brings or takes at most one letter. Counting letters excludes nearly all words of a text, in a hundredth
    # of the time of counting edits; to count those that `word` lacks, all texts are translated at once.
    strange = " ".join(similar).translate(dict.fromkeys(map(ord, word))).split(" ")
    alike = [one for one, letters in zip(similar, strange, strict=True) if len(letters) <= max_edits]
    counted = ((edit_distance(word, one), one) for one in alike if _differ_little(word, one, max_edits))
    return [(edits, one) for edits, one in counted if edits <= max_edits]


def _differ_little(first: str, second: str, max_letters: int) -> bool:
    """Whether each word lacks at most that number of the other's letters, of which it needs one per occurrence."""
    left = first
    for letter in second:
        left = left.replace(letter, "", 1)
    return max(len(left), len(left) + len(second) - len(first)) <= max_letters


def edit_distance(first: str, second: str) -> int:
    """Return the fewest edits from `first` to `second`, no letter edited twice (optimal string alignment).

    An edit inserts, deletes or replaces a letter, or swaps two neighbours, the most frequent slip of typing hands.
    """
    first, second = _differing(first, second)
    before: list[int] = []
    row = list(range(len(second) + 1))
    for place, letter in enumerate(first, start=1):
        following = [place]
        for other, aim in enumerate(second, start=1):
            cost = min(row[other] + 1, following[-1] + 1, row[other - 1] + (letter != aim))
            if place > 1 and other > 1 and letter == second[other - 2] and first[place - 2] == aim:
                cost = min(cost, before[other - 2] + 1)
            following.append(cost)
        before, row = row, following
    return row[-1]


def _differing(first: str, second: str) -> tuple[str, str]:
    """Return the parts of two words between their common beginning and their common end: these take no edit."""
    start = _count_common(first, second)
    first, second = first[start:], second[start:]
    end = _count_common(first[::-1], second[::-1])
    return first[: len(first) - end], second[: len(second) - end]


def _count_common(first: str, second: str) -> int:
    """Return how many letters two words have in common at the beginning."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(first), len(second)))
