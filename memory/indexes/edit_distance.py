"""How many edits make one word of another."""

from collections.abc import Iterable


def nearest_words(word: str, words: Iterable[str], *, max_edits: int) -> list[tuple[int, str]]:
    """Return (edits, word) of those `words` that are up to `max_edits` edits away from `word`, in their order."""
    letters, length = set(word), range(len(word) - max_edits, len(word) + max_edits + 1)
    # An edit brings or takes at most one letter. Comparing letters takes a hundredth of the time of counting edits, and
    # excludes nearly all words of a text.
    alike = [one for one in words if len(one) in length and len(letters.difference(one)) <= max_edits]
    counted = ((edit_distance(word, one), one) for one in alike if len(set(one) - letters) <= max_edits)
    return [(edits, one) for edits, one in counted if edits <= max_edits]


def edit_distance(first: str, second: str) -> int:
    """Return the fewest edits from `first` to `second`, no letter edited twice (optimal string alignment).

    An edit inserts, deletes or replaces a letter, or swaps two neighbours, the most frequent slip of typing hands.
    """
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
