"""What a user chooses of zoom, as plain names; the registries in `zoom/registry.py` say what each name is."""

from dataclasses import dataclass, fields
from enum import StrEnum

from midthought.memory.errors import BadSettings
from midthought.reasoner.zoom.registry import PARTS, POLICIES


class KvMode(StrEnum):
    """What attention sees of the KV cache: all of it, or the parts that a zoom policy selects (docs/zoom.md)."""

    FULL = "full"
    ZOOM = "zoom"


@dataclass(frozen=True, slots=True)
class ZoomSettings:
    """A zoom policy and, if they are not empty, the parts that replace those that the policy names itself.

    Attributes:
        policy: a name in `POLICIES`.
        index: the coarse index of each layer.
        schedule: which queries select pages again (policies of pages).
        segments: how the text is cut into thoughts (policies of thoughts).
        boundary: at which tokens thoughts are selected again (policies of thoughts).
        voting: whose votes count, and how many thoughts are opened (policies of thoughts).

    Raises:
        BadSettings: a name that is in no registry, or a part that the policy does not have.
    """

    policy: str = "pages"
    index: str = ""
    schedule: str = ""
    segments: str = ""
    boundary: str = ""
    voting: str = ""

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise BadSettings(f"unknown zoom policy {self.policy!r}: choose one of {', '.join(POLICIES)}")
        for part, choices in PARTS.items():
            name = getattr(self, part)
            if name and name not in choices:
                raise BadSettings(f"unknown {choices.kind} {name!r}: choose one of {', '.join(choices)}")

    def part(self, name: str, default: str) -> str:
        """Return the name of a part: the one that was chosen, or else the default of the policy."""
        return getattr(self, name) or default

    def refuse_parts(self, *names: str) -> None:
        """Raise `BadSettings` if one of these parts was chosen: the policy has no such part."""
        given = [name for name in names if getattr(self, name)]
        if given:
            raise BadSettings(f"the zoom policy {self.policy!r} has no {given[0]}: leave zoom_{given[0]} out")

    def changed_values(self) -> tuple[tuple[str, str], ...]:
        """Return what differs from the defaults, by name, for the record of a run."""
        return tuple(
            (one.name, getattr(self, one.name)) for one in fields(self) if getattr(self, one.name) != one.default
        )
