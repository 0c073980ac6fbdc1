"""A step while it is being read."""

from dataclasses import dataclass, field

from midthought.ingest.steps.labels import Role
from midthought.ingest.steps.openers import Opening, read_opening
from midthought.ingest.steps.results import has_equation, reaches_result, states_result
from midthought.ingest.steps.units import PartText, Unit, UnitKind

_TOOLS = frozenset({Role.CALL, Role.RETURNED, Role.CELL})
_TURNS = frozenset({Role.USER, Role.RETURNED})
_EXCHANGE = frozenset({Role.CALL, Role.RETURNED, Role.USER})
_SPOKEN = frozenset({Role.USER, Role.REPLY, Role.THOUGHT})
_PROSE = frozenset({UnitKind.SENTENCE, UnitKind.ITEM})
_QUESTION_MARKS = ("?", "\uff1f")
MAX_LABEL = 40  # characters of the label of a speaker
_LOOK_BACK = 60  # characters before the end of a unit in which its last mark stands


@dataclass(slots=True)
class DraftStep:
    """A step while it is being read: its units, and what is known of them.

    Attributes:
        text: the text that it is a step of.
        units: the units, in order.
        kinds: the kinds that its units have.
        roles: the roles that its units have.
        replied_from: where the first turn or output ends, or else the first call; what stands there replies to it.
    """

    text: PartText
    units: list[Unit] = field(default_factory=list)
    kinds: set[UnitKind] = field(default_factory=set)
    roles: set[Role] = field(default_factory=set)
    replied_from: int = 0
    _read: int = 0  # units of which it is known whether they reach a result
    _has_equation: bool = False
    _has_result: bool = False

    def add(self, unit: Unit) -> None:
        """Add the next unit."""
        self.units.append(unit)
        self.kinds.add(unit.kind)
        if unit.role is not None:
            if self.roles.isdisjoint(_TURNS if unit.role in _TURNS else _EXCHANGE):
                self.replied_from = unit.end
            self.roles.add(unit.role)

    def split_off(self, place: int) -> "DraftStep":
        """Remove the units from `place` on, and return them as a step."""
        rest = DraftStep(self.text)
        for unit in self.units[place:]:
            rest.add(unit)
        del self.units[place:]
        self.kinds = {unit.kind for unit in self.units}
        self.roles = {unit.role for unit in self.units if unit.role is not None}
        self._read = min(self._read, place)
        return rest

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.units[0].start

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.units[-1].end

    @property
    def size(self) -> int:
        """How many characters it has."""
        return self.end - self.start

    @property
    def is_exchange(self) -> bool:
        """Whether it holds a call, or a turn of the user."""
        return not self.roles.isdisjoint(_EXCHANGE)

    @property
    def has_output(self) -> bool:
        """Whether it holds a call, a cell, or what one returned."""
        return not self.roles.isdisjoint(_TOOLS)

    @property
    def has_equation(self) -> bool:
        """Whether a unit holds an equation with a value."""
        self._scan()
        return self._has_equation

    @property
    def has_result(self) -> bool:
        """Whether a unit reaches a result."""
        self._scan()
        return self._has_result

    @property
    def concludes(self) -> bool:
        """Whether a unit says that a result is reached, or holds an equation with a value."""
        return self.has_equation or any(reaches_result(self.text.lower, unit.start, unit.end) for unit in self.units)

    def _scan(self) -> None:
        for unit in self.units[self._read :]:
            original = self.text.original
            self._has_equation = self._has_equation or has_equation(original, unit.start, unit.end)
            self._has_result = (
                self._has_result or self._has_equation or states_result(self.text.lower, unit.start, unit.end)
            )
        self._read = len(self.units)

    def prose(self, limit: int) -> list[Unit]:
        """Return its first sentences and items, at most `limit`."""
        found: list[Unit] = []
        for unit in self.units:
            if unit.kind in _PROSE:
                found.append(unit)
            if len(found) == limit:
                break
        return found


def said_from(text: PartText, unit: Unit) -> int:
    """Return where the words of a unit begin: after the label of a speaker ("User: ...")."""
    if unit.role not in _SPOKEN:
        return unit.start
    at = max(text.lower.find(":", unit.start, min(unit.end, unit.start + MAX_LABEL)) + 1, unit.start)
    while at < unit.end and text.lower[at] in " \t*":
        at += 1
    return at


def opening_of(text: PartText, unit: Unit) -> Opening:
    """Return what a unit opens with."""
    if unit.opening is None:
        unit.opening = read_opening(text.lower, said_from(text, unit), unit.end)
    return unit.opening


def is_reply(unit: Unit) -> bool:
    """Whether a unit of a user's turn that is not its first begins the reply to it."""
    return unit.opens_paragraph or unit.role is Role.REPLY


def ends_with(text: PartText, unit: Unit, marks: tuple[str, ...]) -> bool:
    """Whether the last character of a unit that is no blank is one of some marks."""
    return text.original[max(unit.start, unit.end - _LOOK_BACK) : unit.end].rstrip().endswith(marks)


def is_question(text: PartText, unit: Unit) -> bool:
    """Whether a unit ends in a question mark."""
    return ends_with(text, unit, _QUESTION_MARKS)
