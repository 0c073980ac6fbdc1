"""Choosing pieces by their position alone: what every other choice has to be better than."""

from collections.abc import Callable, Iterator


def choose_by_position(number: int, fits: Callable[[set[int]], bool]) -> Iterator[set[int]]:
    """Yield the largest sets of the first, the last, and evenly spaced ones of `number` places that fit."""
    for choose in (_first, _last, space_evenly):
        sizes = range(number, 0, -1)
        yield next((found for size in sizes if fits(found := choose(number, size))), set())


def _first(number: int, size: int) -> set[int]:
    return set(range(size))


def _last(number: int, size: int) -> set[int]:
    return set(range(number - size, number))


def space_evenly(number: int, size: int) -> set[int]:
    """Return `size` of `number` places, the first and the last among them; of one place, the last."""
    if size == 1:
        return {number - 1}
    return {round(place * (number - 1) / (size - 1)) for place in range(size)}
