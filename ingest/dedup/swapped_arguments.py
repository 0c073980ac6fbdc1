"""Words that have exchanged their roles: the same words with two of them exchanged say something else.

Numbers, one-letter names and the two sides of an axis are distinguished by the words around them; two of them
have changed roles if each stands in the other's surroundings. Other words are distinguished by what they stand on
either side of: a verb (the passive turned round) or a preposition.
"""

import re
from collections import defaultdict
from itertools import combinations, groupby, pairwise

from midthought.ingest.dedup.quantities import read_numbers
from midthought.ingest.dedup.words import Sentence, canonical, split_sentences
from midthought.ingest.lexicon import load_lexicon

_PARTICIPLE = re.compile(r"(?:ed|en|wn|ught|de|und|nt|ld|pt)$")
Surroundings = dict[str, set[str]]
HingedPair = tuple[str, str, str]


def find_swap(one: str, other: str) -> tuple[str, str] | None:
    """Return two words of both texts that have exchanged their roles, or None.

    >>> find_swap("Foxes eat rabbits.", "Foxes are eaten by rabbits.")
    ('fox', 'rabbit')
    >>> find_swap("Foxes eat rabbits.", "Rabbits are eaten by foxes.")
    """
    return _marked_swap(one, other) or _framed_swap(one, other) or _owner_swap(one, other)


def _owner_swap(one: str, other: str) -> tuple[str, str] | None:
    """Return the owners of a thing (``the tree's height``, ``the height of the tree``) if both texts name both."""
    here, there = _owners(one), _owners(other)
    known = set(_all_names(one)) & set(_all_names(other))
    for thing in sorted(set(here) & set(there)):
        mine, yours = here[thing] & known, there[thing] & known
        if mine and yours and not (mine & yours):
            return min(mine), min(yours)
    return None


def _owners(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for clause in split_sentences(text, at_commas=True):
        names = _names(clause)
        for place, word in enumerate(clause):
            if word in {"of", "'s"} and 0 < place < len(clause) - 1:
                before, after = names[place - 1], [name for name in names[place + 1 : place + 4] if name][:2]
                pairs = [(owner, before) for owner in after] if word == "of" else [(before, thing) for thing in after]
                for owner, thing in pairs:
                    if owner != thing and thing and owner and not _kind(owner):
                        found[thing].add(owner)
    return found


def _all_names(text: str) -> list[str]:
    return [name for clause in split_sentences(text, at_commas=True) for name in _names(clause) if name]


def _framed_swap(one: str, other: str) -> tuple[str, str] | None:
    here, there = _frames(one), _frames(other)
    for left, hinge, right in sorted(here - there):
        if _kind(left) == _kind(right) and (right, hinge, left) in there and (right, hinge, left) not in here:
            return left, right
    return None


def _frames(text: str) -> set[HingedPair]:
    """Return (left, hinge, right) of every verb or preposition with the words on its sides."""
    found: set[HingedPair] = set()
    for clause in (part for whole in split_sentences(text, at_commas=True) for part in _coordinates(whole)):
        names = _names(clause)
        words = [(place, name) for place, name in enumerate(names) if name]
        for three in zip(words, words[1:], words[2:], strict=False):
            found |= _turned(clause, *three)
        for place, word in enumerate(clause):
            before, after = [n for n in names[:place] if n][-2:], [n for n in names[place + 1 :] if n][:2]
            if word in load_lexicon().role_markers and before and after:
                found |= {(left, f"<{word}>", right) for left in before for right in after}
    return found


def _turned(clause: Sentence, left: tuple[int, str], hinge: tuple[int, str], right: tuple[int, str]) -> set[HingedPair]:
    """Return the three words as (left, hinge, right) if the middle one is a verb; passives are turned round."""
    before = clause[hinge[0] - 1]
    if (
        _kind(left[1])
        or _kind(right[1])
        or before in load_lexicon().noun_marks
        or right[0] - hinge[0] > 3
        or hinge[0] - left[0] > 3
    ):
        return set()
    passive = _PARTICIPLE.search(clause[hinge[0]]) and "by" in clause[hinge[0] : right[0]]
    return {(right[1], hinge[1], left[1]) if passive else (left[1], hinge[1], right[1])}


def _marked_swap(one: str, other: str) -> tuple[str, str] | None:
    close, wide = ((_surroundings(one, reach), _surroundings(other, reach)) for reach in (1, 3))
    orders = _marked_order(one), _marked_order(other)
    for first, second in combinations(sorted(set(close[0]) & set(close[1])), 2):
        if _kind(first) == _kind(second):
            balance = _compare(*close, first, second)
            if _is_reordered(*orders, first, second):
                swapped = balance < 0 or (balance == 0 and _compare(*wide, first, second) <= 0)
            else:
                swapped = balance < -1
            if swapped:
                return first, second
    return None


def _compare(here: Surroundings, there: Surroundings, first: str, second: str) -> int:
    """Return by how much the surroundings of two words agree better as they are than with the words exchanged."""
    a, b, c, d = here[first], here[second], there[first], there[second]
    own = len((a - b) & (c - d)) + len((b - a) & (d - c))
    crossed = len((a - b) & (d - c)) + len((b - a) & (c - d))
    return own - crossed


def _is_reordered(one: list[str], other: list[str], first: str, second: str) -> bool:
    here, there = ([word for word in order if word in {first, second}] for order in (one, other))
    return _runs(here) != _runs(there)


def _runs(order: list[str]) -> list[str]:
    return [word for word, _ in groupby(order)]


def _kind(name: str) -> str:
    """Return what a word may be exchanged with: numbers, one-letter names, sides of one axis; empty for any other."""
    if name.startswith("#"):
        return (
            "#ordinal" if name.startswith("#ordinal") else "#%" if name.endswith("%") else "#/" if "/" in name else "#"
        )
    if len(name) == 1 and name.isupper():
        return "A"
    return name.partition(":")[0] if ":" in name else ""


def _marked_order(text: str) -> list[str]:
    return [name for clause in split_sentences(text, at_commas=True) for name in _names(clause) if _kind(name)]


def _surroundings(text: str, reach: int) -> Surroundings:
    """Return the content words up to `reach` before and after each marked word, in its clause."""
    found: Surroundings = defaultdict(set)
    for names in (_names(part) for clause in split_sentences(text, at_commas=True) for part in _coordinates(clause)):
        for place, name in enumerate(names):
            if _kind(name):
                found[name] |= {near for near in _near(names, place, reach) if _kind(near) != _kind(name)}
    return found


def _coordinates(clause: Sentence) -> list[Sentence]:
    """Return what stands between the conjunctions of a clause."""
    cuts = [-1, *(place for place, word in enumerate(clause) if word in load_lexicon().conjunctions), len(clause)]
    return [clause[start + 1 : end] for start, end in pairwise(cuts)]


def _names(clause: Sentence) -> list[str]:
    numbers, sides = dict(read_numbers(clause)), load_lexicon().antonyms
    numbers |= {place: "ordinal 1" for place, word in enumerate(clause) if word == "first"}
    marked = {place: f"#{value}" for place, value in numbers.items()}
    return [marked.get(place) or sides.get(word) or canonical(word) for place, word in enumerate(clause)]


def _near(names: list[str], place: int, reach: int) -> list[str]:
    before = [name for name in names[:place] if name][-reach:]
    return before + [name for name in names[place + 1 :] if name][:reach]
