"""Which calibration decides when recall answers in a namespace."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CalibrationOrigin(StrEnum):
    """Where the threshold of a namespace comes from."""

    OWN = "own"
    SHIPPED = "shipped"
    NONE = "none"
    """The encoder has no calibration: a fixed bar for the best cosine decides."""


@dataclass(frozen=True, slots=True)
class StoredCalibration:
    """A calibration that was fitted to a namespace's own queries, as JSON, and the encoder whose vectors it is for."""

    encoder: str
    digest: str
    content: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CalibrationState:
    """What decides whether recall answers in a namespace, unless a setting or the caller gives another bar.

    Attributes:
        threshold: recall abstains if a useful hit is less probable; without a calibration, if the best cosine is lower.
            None if the own calibration cannot be read.
        error_rate: of queries without a useful entry, about this share is answered; None without a calibration.
        useful, useless: how many queries with and without a useful entry it was fitted to.
        made_at: when an own calibration was stored, UTC; None for the one that ships.
        outdated: encoders for which the namespace has a calibration that is not used now, as the vectors are another's.
        fault: why the own calibration cannot be used; empty if it can.
    """

    origin: CalibrationOrigin
    threshold: float | None
    error_rate: float | None = None
    useful: int = 0
    useless: int = 0
    made_at: datetime | None = None
    outdated: tuple[str, ...] = ()
    fault: str = ""

    def describe(self) -> str:
        """Return the state in one line for people."""
        line = f"{self._name()}: {self.fault or self._bar()}"
        for encoder in self.outdated:
            line += f"; its own for the vectors of {encoder} is not used"
        return line

    def _name(self) -> str:
        if self.origin is CalibrationOrigin.NONE:
            return "no calibration"
        made = f" of {self.made_at:%Y-%m-%d %H:%M} UTC" if self.made_at else ""
        return f"{self.origin} calibration{made}"

    def _bar(self) -> str:
        if self.error_rate is None:
            return f"recall answers from similarity {self.threshold}"
        fitted = f"fitted to {self.useful} queries with an entry and {self.useless} without"
        return f"recall answers from probability {self.threshold:.3f}, error rate about {self.error_rate:g}, {fitted}"
