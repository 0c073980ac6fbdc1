"""How many edits make one word of another."""


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
