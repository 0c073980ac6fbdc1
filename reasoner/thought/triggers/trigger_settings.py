"""What decides when each trigger fires."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TriggerSettings:
    """The parameters of the triggers; each counts from the beginning of the thought, and from the last recall.

    Attributes:
        boundary_tokens: `boundary` passes over joints before so many tokens.
        every_tokens: `every` fires after so many.
        tag_open, tag_close: `tag` finds the model's query between these.
        uncertainty_window: `uncertainty` takes the mean entropy of so many tokens.
        uncertainty_bound: it fires above this mean, in nats.
        repetition_words: `repetition` compares runs of so many words.
        repetition_times: it fires when one run is written for this time.
        interim_tokens: `stop` lets the model write so many tokens of its answer.
    """

    boundary_tokens: int = 200
    every_tokens: int = 500
    tag_open: str = "<recall>"
    tag_close: str = "</recall>"
    uncertainty_window: int = 32
    uncertainty_bound: float = 2.0
    repetition_words: int = 12
    repetition_times: int = 3
    interim_tokens: int = 60

    def __post_init__(self) -> None:
        for name in ("boundary_tokens", "every_tokens", "uncertainty_window", "repetition_words", "interim_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")
        if self.repetition_times < 2:
            raise ValueError(f"repetition_times must be >= 2, got {self.repetition_times}")
        # NaN is not above 0 either.
        if not self.uncertainty_bound > 0:
            raise ValueError(f"uncertainty_bound must be above 0, got {self.uncertainty_bound}")
        if not (self.tag_open.strip() and self.tag_close.strip()) or self.tag_open == self.tag_close:
            raise ValueError(f"tags must be two different texts, got {self.tag_open!r} and {self.tag_close!r}")
