"""Whether the literals of two texts agree, class by class."""

from collections import Counter

from midthought.ingest.dedup.literals import LiteralClass, Literals, read_literals

_HARD_AXES = frozenset(
    {
        "sequence", "triangle kind", "curve", "interest", "heritage", "redox", "number kind", "parity", "polarity",
        "logic proof", "linking", "fair", "independent", "sorted", "cell", "circle", "angle function", "calculus",
        "remainder", "electric", "chemistry", "divisor", "extreme", "degree", "table", "trade", "loan", "debt",
        "charge", "progress", "spread", "gate",
    }
)  # fmt: skip
"""Axes of technical terms: what one text names, the other names too. Words of the other axes also stand in for plainer
ones (``what is left``, ``goes up by``), so that one text may have such a word where the other has none of its axis.
Another side of an axis is another meaning on every axis."""

_NEEDED = frozenset({"add", "multiply", "factorial", "at least", "at most"})
_UNSAID = frozenset({"2"})


def find_disagreement(one: str, other: str) -> str:
    """Return the first class of literals in which two texts disagree, with both values; empty where they agree."""
    here, there = read_literals(one), read_literals(other)
    for kind in LiteralClass:
        found = _DISAGREE[kind](here, there, kind)
        if found:
            return f"{kind}: {found}"
    return ""


def find_field_disagreement(one: str, other: str) -> str:
    """Return where one field of two entries disagrees in negations or quantifiers; empty where it agrees."""
    here, there = read_literals(one), read_literals(other)
    negation = _uncounted(here, there, LiteralClass.NEGATION)
    quantifier = _exchanged(here, there, LiteralClass.QUANTIFIER)
    return f"negation: {negation}" if negation else f"quantifier: {quantifier}" if quantifier else ""


def _exchanged(here: Literals, there: Literals, kind: LiteralClass) -> str:
    """A literal may be said once more or once less; one instead of another is a difference."""
    gone, come = here[kind] - there[kind], there[kind] - here[kind]
    return _versus(gone, come) if gone and come else ""


def _missing(here: Literals, there: Literals, kind: LiteralClass) -> str:
    """Every literal must stand in both, however often; and none instead of another. A plain two may go unsaid."""
    if (set(here[kind]) ^ set(there[kind])) - _UNSAID:
        return _versus(here[kind] - there[kind], there[kind] - here[kind])
    return _exchanged(here, there, kind)


def _needed(here: Literals, there: Literals, kind: LiteralClass) -> str:
    """Some operations and quantifiers must stand in both; of the others, none instead of another."""
    if (set(here[kind]) ^ set(there[kind])) & _NEEDED:
        return _versus(here[kind] - there[kind], there[kind] - here[kind])
    return _exchanged(here, there, kind)


def _uncounted(here: Literals, there: Literals, kind: LiteralClass) -> str:
    """Every literal must stand in both equally often."""
    return _versus(here[kind] - there[kind], there[kind] - here[kind]) if here[kind] != there[kind] else ""


def _off_axis(here: Literals, there: Literals, kind: LiteralClass) -> str:
    """On each axis, the same sides must be named, and none instead of another."""
    axes = {side.partition(":")[0] for side in (*here[kind], *there[kind])}
    for axis in sorted(axes):
        left, right = (_on_axis(found[kind], axis) for found in (here, there))
        gone, come = left - right, right - left
        named = axis not in _HARD_AXES or set(left) == set(right)
        if (gone and come) or not named:
            return _versus(gone, come)
    return ""


def _on_axis(found: Counter[str], axis: str) -> Counter[str]:
    return Counter({side: count for side, count in found.items() if side.partition(":")[0] == axis})


def _versus(gone: Counter[str], come: Counter[str]) -> str:
    """Return both sides for people: ``3 against 4``; a dash stands for nothing."""
    return " against ".join(", ".join(name.partition(":")[2] or name for name in side) or "-" for side in (gone, come))


_DISAGREE = {
    LiteralClass.NUMBER: _missing,
    LiteralClass.UNIT: _missing,
    LiteralClass.MEASURE: _exchanged,
    LiteralClass.OPERATOR: _needed,
    LiteralClass.NEGATION: _uncounted,
    LiteralClass.QUANTIFIER: _needed,
    LiteralClass.CONTRAST: _off_axis,
    LiteralClass.SYMBOL: _missing,
}
